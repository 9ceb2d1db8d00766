"""What registers say of kinds, statuses and minerals, in four languages."""

import pytest

from engine.permits.meanings import PermitKind, PermitStatus, kind_of, status_of, terms_of_registers
from engine.permits.minerals import class_minerals, mineral_groups
from engine.simulate.plan import MineClass
from engine.simulate.register.permits import MINERALS, OTHER_MINERALS
from engine.simulate.register.permits import PermitKind as Simulated
from engine.simulate.register.permits import PermitStatus as SimulatedStatus


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("采矿许可证", PermitKind.EXTRACTION),
        ("探矿许可证", PermitKind.EXPLORATION),
        ("矿产资源勘查许可证", PermitKind.EXPLORATION),
        ("选矿厂", PermitKind.PROCESSING),
        ("Mining Lease", PermitKind.EXTRACTION),
        ("MINING_LICENCES", PermitKind.EXTRACTION),
        ("Mining exploration licence", PermitKind.EXPLORATION),
        ("Exploration licence (mining)", PermitKind.EXPLORATION),
        ("Exploración y explotación", PermitKind.EXTRACTION),
        ("concesión de exploración", PermitKind.EXPLORATION),
        ("Concessão de Lavra", PermitKind.EXTRACTION),
        ("AUTORIZAÇÃO DE PESQUISA", PermitKind.EXPLORATION),
        ("Mina", PermitKind.EXTRACTION),
        ("Planta de beneficio", PermitKind.PROCESSING),
        ("Convenio", PermitKind.OTHER),
        ("determined", PermitKind.UNKNOWN),
        ("", PermitKind.UNKNOWN),
    ],
)
def test_kinds(text: str, kind: PermitKind) -> None:
    assert kind_of(text) is kind


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("有效", PermitStatus.VALID),
        ("未过期", PermitStatus.VALID),
        ("无效", PermitStatus.WITHDRAWN),
        ("已过期", PermitStatus.EXPIRED),
        ("延续受理", PermitStatus.RENEWAL_PENDING),
        ("申请中", PermitStatus.APPLICATION),
        ("注销", PermitStatus.WITHDRAWN),
        ("暂停", PermitStatus.SUSPENDED),
        ("Active License", PermitStatus.VALID),
        ("INACTIVE", PermitStatus.WITHDRAWN),
        ("Expired, renewal pending", PermitStatus.RENEWAL_PENDING),
        ("Renewed", PermitStatus.VALID),
        ("Pending", PermitStatus.APPLICATION),
        ("Vigente", PermitStatus.VALID),
        ("No vigente", PermitStatus.EXPIRED),
        ("Anulación de registro sin publicar (REMSa)", PermitStatus.WITHDRAWN),
        ("en trámite", PermitStatus.APPLICATION),
        ("Prórroga en trámite", PermitStatus.RENEWAL_PENDING),
        ("Requerimento de Lavra", PermitStatus.APPLICATION),
        ("Suspensão, SUSPENSO", PermitStatus.SUSPENDED),
        ("green", PermitStatus.UNKNOWN),
        ("", PermitStatus.UNKNOWN),
    ],
)
def test_statuses(text: str, status: PermitStatus) -> None:
    assert status_of(text) is status


def test_the_simulated_register_is_understood() -> None:
    assert [kind_of(kind) for kind in Simulated] == [PermitKind.EXTRACTION, PermitKind.EXPLORATION]
    assert [status_of(status) for status in SimulatedStatus] == [
        PermitStatus.VALID,
        PermitStatus.EXPIRED,
        PermitStatus.RENEWAL_PENDING,
        PermitStatus.WITHDRAWN,
    ]


@pytest.mark.parametrize("mine_class", MineClass)
def test_minerals_agree_with_their_class_and_with_no_other(mine_class: MineClass) -> None:
    for key in (mine_class.name.lower(), mine_class.title):
        groups = class_minerals(key)
        assert groups
        for other, names in MINERALS.items():
            assert [bool(mineral_groups(name) & groups) for name in names] == [other is mine_class] * len(names)
        assert not any(mineral_groups(name) & groups for name in OTHER_MINERALS)
    assert all(mineral_groups(name) for name in OTHER_MINERALS)


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("Au,Cu", {"gold", "copper"}),
        ("Li,SALINAS", {"lithium", "salt"}),
        ("Copper , CRITICAL , Gold", {"copper", "gold"}),
        ("铅锌矿", {"lead", "zinc"}),
        ("建筑石料用灰岩", {"limestone"}),
        ("Minério de ferro", {"iron"}),
        ("CARBÓN MINERAL", {"coal"}),
        ("Carvão", {"coal"}),
        ("coals", {"coal"}),
        ("ÁRIDOS", {"sand", "building_stone"}),
        ("unknownium", set()),
        ("charcoal", set()),
        ("", set()),
    ],
)
def test_minerals_by_group(text: str, groups: set[str]) -> None:
    assert mineral_groups(text) == groups


def test_a_class_that_is_not_known_yields_nothing_known() -> None:
    assert class_minerals("mine") is None


def test_every_mineral_of_a_class_is_a_group() -> None:
    terms = terms_of_registers()
    named = {group for groups in terms["class"].values() for group in groups} | set(terms["symbol"])
    assert named <= set(terms["mineral"])
