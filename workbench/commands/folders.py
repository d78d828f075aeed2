"""Folders that commands write pictures to."""

from pathlib import Path
from tempfile import TemporaryFile

from workbench.errors import InvalidInput, Problem


def refuse_unwritable(folder: Path) -> None:
    """InvalidInput where no file can be written to a folder, or to the one it would be made in; leaves nothing behind."""
    try:
        with TemporaryFile(dir=next(each for each in (folder, *folder.parents) if each.exists())):
            return
    except OSError as error:
        raise InvalidInput(Problem("out", f"{folder} can't be written to ({error.strerror}); name another folder")) from error


def save(asset_id: str, data: bytes, path: Path) -> None:
    """Write a picture of the gallery, and its folder where there is none; InvalidInput says how to get it elsewhere."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        again = f"the studio keeps the picture: workbench gallery export {asset_id} --out DIR"
        raise InvalidInput(Problem("out", f"{path} can't be written ({error.strerror}); {again}")) from error
