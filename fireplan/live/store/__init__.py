"""The store: every event once, durable before it is acknowledged."""

from fireplan.live.store.keeping import Outcome as Outcome
from fireplan.live.store.keeping import Store as Store
from fireplan.live.store.troubles import StoreError as StoreError
