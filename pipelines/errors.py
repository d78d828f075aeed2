"""What can go wrong while making a picture. The class name is what a job reports as `error.name`.

PipelineError
├── UnsupportedTask     this engine can't do what the task asks
├── SubjectNotFound     nothing stands out from the background
├── PersonNotFound      no person, or not enough of one, in a picture that needs one
├── GarmentNotFound     no garment can be told apart in a product picture
├── PictureUnreadable   bytes that are no picture, or none that is read here
├── PictureTooLarge     more bytes, pixels or frames than allowed
├── PictureUnsuitable   a reference that no model can use: too small, or far too long
├── PromptTooLong       more text than a model reads
├── PictureWithheld     the safety checker refused the finished picture
├── BadChecker          a safety checker that can't be loaded
├── BadCard             a model card that can't be used, with file, card and field
├── MissingWeights      weights that are not, or not wholly, on this machine
├── LicenceNotAccepted  a licence that has to be accepted first
├── DamagedWeights      weights that differ from what was downloaded, or are no safetensors
├── DownloadFailed      the hub can't be reached, knows no such thing, or wants a login
├── DiskFull            too little room for a download
├── DeviceUnavailable   a device that is not there, or libraries for it that are missing
└── OutOfMemory         the model doesn't fit, not even in its most frugal setting
Cancelled               the job was cancelled; not an error of the picture
"""


class PipelineError(Exception):
    """A named failure with a message for the person who started the job."""

    @property
    def name(self) -> str:
        return type(self).__name__


class UnsupportedTask(PipelineError):
    """The engine can't do what this task asks; the message says what it can do."""


class SubjectNotFound(PipelineError):
    """Nothing in the picture stands out from its background."""


class PersonNotFound(PipelineError):
    """The picture shows no person, or too little of one for this tool."""


class GarmentNotFound(PipelineError):
    """No garment can be told apart in the product picture."""


class PictureUnreadable(PipelineError):
    """The bytes are no picture, are damaged, or are of a format that is not read here."""


class PictureTooLarge(PipelineError):
    """More bytes, pixels or frames than the limits allow."""


class PictureUnsuitable(PipelineError):
    """A reference that no model can use: too small, or far too long for its width."""


class PromptTooLong(PipelineError):
    """More text than the model reads."""


class PictureWithheld(PipelineError):
    """The safety checker refused the finished picture."""


class BadChecker(PipelineError):
    """The safety checker of the settings can't be loaded; no picture is made without it."""


class BadCard(PipelineError):
    """A model card that can't be used; names the file, the card and the field."""


class MissingWeights(PipelineError):
    """Weights that are not, or not wholly, on this machine; says how to get them."""


class LicenceNotAccepted(PipelineError):
    """The licence of the weights has to be accepted first; says which and how."""


class DamagedWeights(PipelineError):
    """Weights that differ from what was downloaded, or are no safetensors; they are never loaded."""


class DownloadFailed(PipelineError):
    """The hub can't be reached, knows no such repository or revision, or wants a login."""


class DiskFull(PipelineError):
    """Too little room on the disk for a download."""


class DeviceUnavailable(PipelineError):
    """The device that was asked for is not there, or the libraries for it are not installed."""


class OutOfMemory(PipelineError):
    """The model doesn't fit into the device's memory, not even in its most frugal setting."""


class Cancelled(Exception):
    """Raised by `Progress` inside an engine once the job has been cancelled."""
