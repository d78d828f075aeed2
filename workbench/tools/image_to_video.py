"""Image to Video: a short clip of a finished picture."""

from typing import Annotated, Literal

from pydantic import Field

from pipelines import tasks
from workbench.credits.tariffs import VideoPrice
from workbench.tools.base import Request, Tool
from workbench.tools.fields import ImageRef, Prompt, Seed, VideoResolution
from workbench.tools.rules import decide_video


class ImageToVideoRequest(Request):
    image: Annotated[ImageRef, Field(title="Picture", description="A finished on-model picture; its format is the video's.")]
    end_image: ImageRef | None = Field(None, title="End image", description="What the last frame should show. Needs 1080p.")
    prompt: Annotated[
        Prompt, Field(description="One small motion: “subtle camera pan”, “gentle breeze”. Empty is the most natural.")
    ] = ""
    duration: Literal[5, 10] = Field(5, title="Duration", description="Length in seconds; 5 is easier to control.")
    resolution: VideoResolution = "720p"
    seed: Seed = None


image_to_video = Tool(
    name="image-to-video",
    title="Image to Video",
    summary="Turn a finished picture into a short clip with gentle motion.",
    group="Enhance and Animate",
    request=ImageToVideoRequest,
    task=tasks.ImageToVideo,
    price=VideoPrice(),
    decide=decide_video,
    primary=("image",),
    media="video",
)
