# %% [markdown]
# # Why was it missed?
#
# Each object of a picture was found, or lost by one stage of the detector. Which one, and what would have kept it?

# %%
from frcnn_viz import autopsy, compare, load_detector, trace
from frcnn_viz.analysis.fixes import fixes
from frcnn_viz.data.samples import sample_picture

# %% [markdown]
# A sample with its ground truth. Of your own picture it is `GroundTruth(boxes_in_image, names)`: float32 [G, 4] in
# pixels of your image, and the class of each.

# %%
image, truth = sample_picture("wide-people")
story = trace(load_detector("street-fpn"), image)
verdicts = autopsy(story, truth)
verdicts

# %% [markdown]
# Click an object to see the box that got furthest at each stage: its anchor, its candidate, its refined box.

# %%
view = verdicts.show()
view

# %% [markdown]
# One that was missed, chosen from here.

# %%
findings = verdicts.examination.findings
missed = next(number for number, finding in enumerate(findings) if finding.missed)
view.selected = ("object", missed)
findings[missed].sentence

# %% [markdown]
# The smallest change of one setting that recovers it, with its price in false alarms. Each was tried by running the
# detector's stages with it; what it does not change is not run again.

# %%
found = fixes(story.at, story.settings, missed, findings[missed].verdict, truth, story.detector.classes)
for fix in found:
    print(f"{fix.name} from {fix.before:g} to {fix.after:g}: {fix.false_alarms:+} false alarms")

# %% [markdown]
# The cheapest beside what it was: turn one picture and the other turns with it.

# %%
compare(story, story.at(found[0].settings))
