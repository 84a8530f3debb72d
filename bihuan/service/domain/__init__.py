"""The verbs of the main job, one module a form, one function a step, in the order in which they are taken."""
