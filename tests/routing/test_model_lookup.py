"""What `suffice doctor` asks providers: is this model there, and until when?"""

from datetime import date

import pytest
import pytest_asyncio

from suffice.errors import ProviderError
from suffice.lanes import catalogue
from suffice.providers.connect import BASE_URL_VARIABLES, KEY_VARIABLES, connect
from suffice.providers.reply import Ended, ModelStatus
from suffice.testing import ScriptedCutBody, ScriptedError, ScriptedHtml, ScriptedJson, provider_double

HOSTED = pytest.mark.parametrize("provider", ["anthropic", "openai"])
ONE_LOOP = pytest.mark.asyncio(loop_scope="module")
MODELS = {"anthropic": catalogue().lanes["haiku"].model, "openai": catalogue().lanes["codex"].model}
LAST_DAY = date(2027, 2, 4)


@pytest.fixture(scope="module")
def double():
    with provider_double() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def look_up(double):
    """Return a function that returns what a provider says about a model."""
    urls = {
        "anthropic": double.anthropic_base_url,
        "openai": double.openai_base_url,
        "local": double.local_base_url,
    }
    environment = {variable: f"sk-{provider}" for provider, variable in KEY_VARIABLES.items()}
    environment |= {BASE_URL_VARIABLES[provider]: url for provider, url in urls.items()}
    connected = {provider: connect(provider, environment) for provider in urls}

    async def look_up(provider, model):
        return await connected[provider].look_up(model)

    yield look_up
    for provider in connected.values():
        await provider.close()


@ONE_LOOP
@HOSTED
async def test_a_model_without_an_announced_end_is_known(look_up, provider):
    model = MODELS[provider]

    status = await look_up(provider, model)

    assert status == ModelStatus(model=model, known=True, retires_on=None, detail="no end announced")


@ONE_LOOP
@HOSTED
async def test_the_day_on_which_a_model_ends_is_told(double, look_up, provider):
    double.model("old", retires_on=LAST_DAY)

    status = await look_up(provider, "old")

    assert status == ModelStatus("old", True, LAST_DAY, "ends on 2027-02-04", deprecated=provider == "anthropic")


@ONE_LOOP
@HOSTED
async def test_a_model_that_is_not_there_is_unknown(look_up, provider):
    status = await look_up(provider, "none")

    assert status == ModelStatus("none", known=False, retires_on=None, detail=f"{provider} knows no such model")


@ONE_LOOP
async def test_a_retired_model_is_listed_but_no_longer_there(double, look_up):
    double.model("gone", reply=ScriptedJson(body={"id": "gone", "lifecycle": "retired"}))

    status = await look_up("anthropic", "gone")

    assert status == ModelStatus("gone", known=False, retires_on=None, detail="retired: requests for it fail")


@ONE_LOOP
@HOSTED
@pytest.mark.parametrize(
    ("reply", "ended"),
    [
        (ScriptedError(status=503), Ended.UNAVAILABLE),
        (ScriptedError(status=429), Ended.UNAVAILABLE),
        (ScriptedCutBody(), Ended.UNAVAILABLE),
        (ScriptedHtml(), Ended.MALFORMED),
        (ScriptedJson(body=[]), Ended.MALFORMED),
        (ScriptedJson(body={"id": 3}), Ended.MALFORMED),
    ],
    ids=["503", "429", "a cut body", "HTML", "a list", "another shape"],
)
async def test_a_provider_that_cannot_tell_gives_no_reply(double, look_up, provider, reply, ended):
    double.model("m", reply=reply)

    nothing = await look_up(provider, "m")

    assert nothing.ended is ended


@ONE_LOOP
@HOSTED
@pytest.mark.parametrize("date_sent", ["soon", 7, "2027-02-30T00:00:00Z"])
async def test_a_day_that_is_none_is_not_announced(double, look_up, provider, date_sent):
    body = {"id": "m", "lifecycle": "active", "retires_at": date_sent, "shutdown_date": date_sent}
    double.model("m", reply=ScriptedJson(body=body))

    status = await look_up(provider, "m")

    assert status == ModelStatus("m", known=True, retires_on=None, detail="no end announced")


@ONE_LOOP
async def test_a_deprecated_model_will_end_though_no_day_is_announced(double, look_up):
    double.model("m", reply=ScriptedJson(body={"id": "m", "lifecycle": "deprecated", "retires_at": None}))

    status = await look_up("anthropic", "m")

    detail = "to be retired, on no day that is announced"
    assert status == ModelStatus("m", known=True, retires_on=None, detail=detail, deprecated=True)


@ONE_LOOP
@HOSTED
async def test_a_bad_key_is_an_error_that_names_its_variable(double, look_up, provider):
    double.model("m", reply=ScriptedError(status=401))

    with pytest.raises(ProviderError, match=rf"rejected the key \(status 401\): check {KEY_VARIABLES[provider]}"):
        await look_up(provider, "m")


@ONE_LOOP
async def test_a_local_server_lists_its_models(double, look_up):
    double.model("qwen3:4b")

    named, other = await look_up("local", "qwen3:4b"), await look_up("local", "none")

    assert named == ModelStatus("qwen3:4b", known=True, retires_on=None, detail="the server offers qwen3:4b")
    assert other == ModelStatus("none", known=False, retires_on=None, detail="the server offers no such model")


async def test_any_model_of_a_local_server_is_its_first():
    with provider_double() as double:
        double.model("qwen3:4b")
        server = connect("local", {"SUFFICE_LOCAL_BASE_URL": double.local_base_url})

        status = await server.look_up("local")
        await server.close()

    assert status == ModelStatus("local", known=True, retires_on=None, detail="the server offers qwen3:4b")


async def test_a_local_server_that_is_not_there_gives_no_reply():
    server = connect("local", {"SUFFICE_LOCAL_BASE_URL": "http://127.0.0.1:9/v1"})

    nothing = await server.look_up("local")
    await server.close()

    assert nothing.ended is Ended.UNAVAILABLE
