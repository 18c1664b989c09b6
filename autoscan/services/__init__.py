"""One leader among all workers: of however many processes serve, exactly one runs the background jobs."""

from autoscan.services.leader import Services, kill_this_process
from autoscan.services.runner import Job, beat, wake

__all__ = ["Job", "Services", "beat", "kill_this_process", "wake"]
