"""The programs here `import theano`: they are run by `test_programs.py`, not collected."""

collect_ignore_glob = ["*.py"]
