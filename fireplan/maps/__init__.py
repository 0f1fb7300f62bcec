"""
Maps: what the measures say, on one offline page.

`escape` is the one way text from data reaches a page, and the guard behind it. `page` and `panes` are the pages, made
of `furniture`, `legend` and `basemaps` by way of `rendering` and `document`. `layers` draws tables, with `cells`,
`packing` and `packed`; `style` holds colours, words and figures. `views` are the maps people ask for, over `tables`
made ready to be drawn; `siting_view` is the one of a siting question.
"""

from fireplan.maps.page import OfflineMap as OfflineMap
from fireplan.maps.panes import SyncedMaps as SyncedMaps
from fireplan.maps.siting_view import siting as siting
from fireplan.maps.views import compare as compare
from fireplan.maps.views import coverage as coverage
from fireplan.maps.views import gaps as gaps
from fireplan.maps.views import isochrones as isochrones

Page = OfflineMap | SyncedMaps
