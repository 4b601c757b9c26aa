"""`theano.configparser._config_var_list`: each setting by itself, as libraries read and set them.

>>> [v.fullname for v in config_variables() if v.fullname == "floatX"]
['floatX']
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tutor.config import get, put, settings


class ConfigVar(NamedTuple):
    """A setting by its full name; what it is called with besides is of no account.

    >>> ConfigVar("floatX").__get__(True, None)
    'float64'
    """

    fullname: str

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return get(self.fullname)

    def __set__(self, owner: Any, value: Any) -> None:
        put(self.fullname, value)


def config_variables() -> list[ConfigVar]:
    """Every setting there is."""
    return [ConfigVar(setting) for setting in settings()]


_config_var_list = config_variables()
