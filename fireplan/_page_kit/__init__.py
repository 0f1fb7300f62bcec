"""
What every page that draws a map shares: the map page, the live view, and whatever draws in a browser next.

On this side, what is written into a page: `coordinate_codec` packs coordinates, `generalisation` makes outlines and
streets light first, `style` holds classes and their colours, `script_data` sets data into a script, `leaflet` reads
Leaflet as it is installed, `browser_modules` reads the modules of `browser/`, one by one or put into one script, and
`content_policy` names scripts as a policy does.

In `browser/`, ES modules: `packed_coordinates.js` reads what was packed; `canvas_sheet.js` is a canvas over the map,
and `packed_areas.js` and `packed_lines.js` are what is drawn on one; `label_room.js` finds labels a place, and
`placing.js` signs that stand together; `unit_signs.js` is how units and calls look, `way_along.js` where on its way a
unit is; `elements.js` and `svg_elements.js` build elements from text, never from HTML.
"""
