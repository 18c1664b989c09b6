"""The queue: everything that rooms above the store may do with what it keeps."""

from autoscan.store.adding import Adding
from autoscan.store.arrears import Arrears
from autoscan.store.asking import Asking
from autoscan.store.attempts import Attempts
from autoscan.store.claiming import Claiming
from autoscan.store.delivering import Delivering
from autoscan.store.drive import Driving
from autoscan.store.facts import Facts
from autoscan.store.history import History
from autoscan.store.idempotency import Idempotency
from autoscan.store.looking import Looking
from autoscan.store.noticing import Noticing
from autoscan.store.overview import Overview
from autoscan.store.reading import Reading
from autoscan.store.remembering import Remembering
from autoscan.store.shifting import Shifting
from autoscan.store.steering import Steering
from autoscan.store.usage import Usage
from autoscan.store.watching import Watching


class Queue(
    Adding,
    Claiming,
    Delivering,
    Asking,
    Looking,
    Remembering,
    History,
    Driving,
    Steering,
    Shifting,
    Facts,
    Idempotency,
    Watching,
    Noticing,
    Attempts,
    Reading,
    Overview,
    Arrears,
    Usage,
):
    """Scans from the event that asked for them to their end; each part stands in a module of its own.

    Every method is one short transaction, safe with any number of threads and processes, and raises
    StoreUnavailableError when the database does not answer in time.
    """
