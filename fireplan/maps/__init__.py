"""
Maps: what the measures say, on one offline page.

`escape` is the one way text from data reaches a page, and the guard behind it. `page` and `panes` are the pages, made
of `furniture`, `legend` and `basemaps` by way of `rendering` and `document`. `layers` draws tables, with `cells`,
`packing` and `packed`; `style` holds colours, words and figures. `views` are the maps people ask for first, over
`tables` made ready to be drawn and what `drawing` draws for several of them; `territories` (first due), `depth`
(effective response force), `shifts` (differences), `observed` (performance), `crowds` (incidents) and `siting_view` are
one view each; `swiping` and `gridding` put several scenarios on one page.
"""

from fireplan.maps.crowds import incidents as incidents
from fireplan.maps.depth import erf as erf
from fireplan.maps.gridding import grid as grid
from fireplan.maps.observed import performance as performance
from fireplan.maps.page import OfflineMap as OfflineMap
from fireplan.maps.panes import SyncedMaps as SyncedMaps
from fireplan.maps.shifts import difference as difference
from fireplan.maps.siting_view import siting as siting
from fireplan.maps.swiping import SwipeMap as SwipeMap
from fireplan.maps.swiping import swipe as swipe
from fireplan.maps.territories import first_due as first_due
from fireplan.maps.views import compare as compare
from fireplan.maps.views import coverage as coverage
from fireplan.maps.views import gaps as gaps
from fireplan.maps.views import isochrones as isochrones

Page = OfflineMap | SwipeMap | SyncedMaps
