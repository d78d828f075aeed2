"""What can go wrong while making a picture. The class name is what a job reports as `error.name`.

PipelineError
├── UnsupportedTask     this engine can't do what the task asks
├── SubjectNotFound     nothing stands out from the background
├── PersonNotFound      no person, or not enough of one, in a picture that needs one
├── GarmentNotFound     no garment can be told apart in a product picture
├── PictureUnreadable   bytes that are no picture, or none that is read here
└── PictureTooLarge     more bytes, pixels or frames than allowed
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


class Cancelled(Exception):
    """Raised by `Progress` inside an engine once the job has been cancelled."""
