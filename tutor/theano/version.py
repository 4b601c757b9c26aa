"""The version that programs see: Theano's last, since theirs is the interface; ours says which.

>>> full_version.startswith(short_version)
True
"""

short_version = version = "1.0.5"
#: A local version after the plus: `LooseVersion`, `packaging` and `split(".")[:2]` all read it.
full_version = f"{version}+tutor"
git_revision = ""
release = True
