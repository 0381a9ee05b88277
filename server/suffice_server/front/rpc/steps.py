"""How a handler is called: at once, so that the state changes in the order of the messages, up to where it waits."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeVar

T = TypeVar("T")

Steps = Generator[Any, Any, Any]
"""What pygls' own handlers are: each yields the handler that it hands over to, its arguments, and None."""


def called(handler: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Return the result of *handler* at once, or an awaitable of it; pygls' own handlers hand over by yielding."""
    result = handler(*arguments)
    return _stepped(result, None) if inspect.isgenerator(result) else result


def _stepped(steps: Steps, value: Any) -> Any:
    while True:
        try:
            handler, arguments, _named = steps.send(value)
        except StopIteration as ended:
            return ended.value
        value = called(handler, arguments)
        if inspect.isawaitable(value):
            return _stepped_on(steps, value)


async def _stepped_on(steps: Steps, waiting: Awaitable[Any]) -> Any:
    result = _stepped(steps, await waiting)
    return await result if inspect.isawaitable(result) else result


async def awaited(result: Awaitable[T]) -> T:
    """Return what *result* gives; a task can be made of this, whatever *result* is."""
    return await result
