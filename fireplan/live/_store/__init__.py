"""The store: every event once, durable before it is acknowledged."""

from fireplan.live._store.store import Outcome as Outcome
from fireplan.live._store.store import Store as Store
from fireplan.live._store.store_errors import StoreError as StoreError
