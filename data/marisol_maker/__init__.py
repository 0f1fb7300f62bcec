"""The parts of the script that makes the invented sample city of Marisol."""
