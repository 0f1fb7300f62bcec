"""Views: one module for each map that is asked for; they put layers on pages."""
