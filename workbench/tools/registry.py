"""Every tool, in the order people see them."""

from workbench.tools.background_remove import background_remove
from workbench.tools.base import Toolbox
from workbench.tools.create_face import create_face
from workbench.tools.create_model import create_model
from workbench.tools.edit import edit
from workbench.tools.face_swap import face_swap
from workbench.tools.image_to_video import image_to_video
from workbench.tools.model_swap import model_swap
from workbench.tools.packshot import packshot
from workbench.tools.product_to_model import product_to_model
from workbench.tools.reframe import reframe
from workbench.tools.try_on import try_on
from workbench.tools.upscale import upscale

TOOLS = Toolbox(
    product_to_model,
    try_on,
    packshot,
    model_swap,
    create_model,
    create_face,
    edit,
    reframe,
    background_remove,
    face_swap,
    upscale,
    image_to_video,
)
