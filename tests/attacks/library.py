"""The attacks: raw SQL as the owner of the database, triggers lifted. Each gives words that the finding must hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from bihuan.kernel.files import disk
from bihuan.kernel.journal import protect
from bihuan.kernel.journal.canonical import canonical
from bihuan.kernel.journal.write import chain_hash
from bihuan.kernel.proof.key import Signer, new_key
from bihuan.kernel.proof.models import Checkpoint
from bihuan.kernel.proof.verify_export import written
from bihuan.kernel.testing.committed import lift_triggers

Attack = Callable[[Any], list[str]]
ATTACKS: dict[str, Attack] = {}


def attack(fn: Attack) -> Attack:
    ATTACKS[fn.__name__] = fn
    return fn


def sql(statement: str, *values: Any) -> list[tuple]:
    """As the owner: nothing refuses."""
    with protect.as_owner(connection), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def recompute(chain: int) -> None:
    """Number and chain all entries anew, in the order they stand, and set the chain's end: the chain itself then holds."""
    prev_hash, seq = "0" * 64, 0
    entries = sql("SELECT id, body FROM journal_entry WHERE chain = %s ORDER BY seq, id", chain)
    sql("UPDATE journal_entry SET seq = seq + 1000000 WHERE chain = %s", chain)
    for pk, body in entries:
        seq += 1
        body = canonical(json.loads(body) | {"chain": chain, "seq": seq})
        digest = chain_hash(prev_hash, body)
        sql("UPDATE journal_entry SET seq=%s, prev_hash=%s, hash=%s, body=%s WHERE id=%s", seq, prev_hash, digest, body, pk)
        prev_hash = digest
    sql("UPDATE journal_chain SET seq=%s, hash=%s WHERE branch_id=%s", seq, prev_hash, chain)


def entry(world: Any, seq: int) -> tuple[int, str]:
    return sql("SELECT id, body FROM journal_entry WHERE chain = %s AND seq = %s", world.chain, seq)[0]


def rewrite(world: Any, seq: int) -> None:
    pk, body = entry(world, seq)
    said = json.loads(body)
    said["actor"]["name"] = "别人"
    sql("UPDATE journal_entry SET body=%s, actor_name='别人' WHERE id=%s", canonical(said), pk)


@attack
def edit_an_entry(world: Any) -> list[str]:
    rewrite(world, 3)
    return [f"日志链 {world.chain}：第 3 条", "内容被改过"]


@attack
def edit_and_recompute_the_chain(world: Any) -> list[str]:
    rewrite(world, 3)
    recompute(world.chain)
    return [f"日志链 {world.chain}：第 3 条", "历史被改写"]


@attack
def edit_what_only_the_columns_say(world: Any) -> list[str]:
    sql("UPDATE journal_entry SET actor_name='别人' WHERE chain=%s AND seq=4", world.chain)
    return [f"日志链 {world.chain}：第 4 条", "actor_name"]


@attack
def cut_the_tail(world: Any) -> list[str]:
    sql("DELETE FROM journal_entry WHERE chain=%s AND seq > %s", world.chain, world.size - 3)
    recompute(world.chain)
    return [f"日志链 {world.chain}：只到第 {world.size - 3} 条", f"已有 {world.size} 条", "末尾被截去"]


@attack
def cut_the_middle(world: Any) -> list[str]:
    sql("DELETE FROM journal_entry WHERE chain=%s AND seq IN (3, 4)", world.chain)
    return [f"日志链 {world.chain}：第 3 条缺失，找到的下一条是第 5 条"]


@attack
def cut_the_middle_and_renumber(world: Any) -> list[str]:
    sql("DELETE FROM journal_entry WHERE chain=%s AND seq IN (3, 4)", world.chain)
    recompute(world.chain)
    return [f"日志链 {world.chain}：第 3 条", "历史被改写"]


@attack
def swap_two(world: Any) -> list[str]:
    (one, _a), (other, _b) = entry(world, 3), entry(world, 4)
    sql("UPDATE journal_entry SET seq=999999 WHERE id=%s", one)
    sql("UPDATE journal_entry SET seq=3 WHERE id=%s", other)
    sql("UPDATE journal_entry SET seq=4 WHERE id=%s", one)
    return [f"日志链 {world.chain}：第 3 条", "被挪动过"]


@attack
def swap_two_and_recompute(world: Any) -> list[str]:
    swap_two(world)
    recompute(world.chain)
    return [f"日志链 {world.chain}：第 3 条", "历史被改写"]


@attack
def roll_the_whole_database_back(world: Any) -> list[str]:
    """As an old backup would: entries, chain ends, sealed trees and checkpoints are all those of then, and fit each other."""
    then = Checkpoint.objects.filter(chain=world.chain).order_by("size").first()
    sql("DELETE FROM proof_delivery WHERE checkpoint_id > %s", then.pk)
    sql("DELETE FROM proof_checkpoint WHERE id > %s", then.pk)
    sql("DELETE FROM journal_entry WHERE chain=%s AND seq > %s", world.chain, then.size)
    recompute(world.chain)
    return [f"日志链 {world.chain}：只到第 {then.size} 条", "数据库被退回"]


@attack
def move_an_entry_to_another_branch(world: Any) -> list[str]:
    pk, _body = entry(world, 5)
    sql(
        "UPDATE journal_entry SET chain=%s, seq=(SELECT MAX(seq)+1 FROM journal_entry WHERE chain=%s) WHERE id=%s",
        world.other,
        world.other,
        pk,
    )
    recompute(world.other)
    recompute(world.chain)
    return [f"日志链 {world.chain}：第 5 条", "历史被改写"]


@attack
def insert_a_back_dated_entry(world: Any) -> list[str]:
    names = "prev_hash, hash, alg, action, record_type, record_id, record_number, actor_id, actor_name, happened_at, recorded_at, chain"
    sql("UPDATE journal_entry SET seq = seq + 1000000 WHERE chain=%s AND seq > 4", world.chain)
    sql(f"INSERT INTO journal_entry ({names}, seq, body) SELECT {names}, 5, body FROM journal_entry WHERE chain=%s AND seq=4", world.chain)
    recompute(world.chain)
    return [f"日志链 {world.chain}：第 5 条", "历史被改写"]


@attack
def insert_an_entry_beyond_the_end(world: Any) -> list[str]:
    names = "prev_hash, hash, alg, action, record_type, record_id, record_number, actor_id, actor_name, happened_at, recorded_at, chain"
    sql(
        f"INSERT INTO journal_entry ({names}, seq, body) SELECT {names}, 5000, body FROM journal_entry WHERE chain=%s AND seq=4",
        world.chain,
    )
    return [f"日志链 {world.chain}：登记的末尾是第 {world.size} 条，实际到第 5000 条"]


@attack
def delete_a_whole_chain(world: Any) -> list[str]:
    sql("DELETE FROM journal_entry WHERE chain=%s", world.chain)
    sql("DELETE FROM journal_chain WHERE branch_id=%s", world.chain)
    return [f"日志链 {world.chain}：只到第 0 条"]


@attack
def take_the_triggers_away_and_edit(world: Any) -> list[str]:
    lift_triggers()
    sql("UPDATE journal_entry SET body=replace(body, '周敏', '李四') WHERE chain=%s AND seq=1", world.chain)
    return [f"日志链 {world.chain}：第 1 条", "内容被改过"]


@attack
def alter_signed_words(world: Any) -> list[str]:
    sql("UPDATE service_servicerecord SET work_done='什么也没做' WHERE id=%s", world.record.pk)
    return [world.record.number, "work_done"]


@attack
def alter_the_strokes(world: Any) -> list[str]:
    sql("UPDATE signing_signature SET strokes='[[[1,1],[2,2]]]' WHERE record_id=%s", world.record.pk)
    return [world.record.number, "strokes"]


@attack
def alter_the_signer(world: Any) -> list[str]:
    sql("UPDATE signing_signature SET signer_name='别人' WHERE record_id=%s", world.record.pk)
    return [world.record.number, "signer_name"]


@attack
def alter_the_meaning(world: Any) -> list[str]:
    sql("UPDATE signing_signature SET meaning='received_with_remarks' WHERE record_id=%s", world.record.pk)
    return [world.record.number, "meaning"]


@attack
def take_a_signature_away(world: Any) -> list[str]:
    sql("DELETE FROM signing_signature WHERE record_id=%s", world.record.pk)
    return [world.record.number, "签名", "已不在数据库里"]


@attack
def replace_a_file(world: Any) -> list[str]:
    path = disk.path_of(world.picture.sha256)
    content = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    world.mend = lambda: path.write_bytes(content)
    return [world.record.number, "文件内容与登记的校验值不符"]


@attack
def replace_a_file_and_its_row(world: Any) -> list[str]:
    sql("UPDATE files_attachment SET sha256=%s WHERE id=%s", "0" * 64, world.picture.pk)
    return [world.record.number, "登记已不在数据库里，或被改动"]


@attack
def forge_a_checkpoint_with_another_key(world: Any) -> list[str]:
    last = world.last
    text = written(f"{world.key.name}/{world.chain}", world.size, bytes(32), "2026-11-22T00:00:00Z")
    sql("UPDATE proof_checkpoint SET note=%s WHERE id=%s", Signer(new_key(world.key.name)).note(text), last.pk)
    return [f"数据库 {world.chain}/{world.size}", "不是由这把密钥签的"]


@attack
def lay_a_forged_checkpoint_into_the_folder(world: Any) -> list[str]:
    text = written(f"{world.key.name}/{world.chain}", world.size - 1, bytes(32), "2026-11-22T00:00:00Z")
    (Path(settings.CHECKPOINT_DIR) / "forged.checkpoint").write_text(Signer(new_key(world.key.name)).note(text))
    return ["forged.checkpoint", "不是由这把密钥签的"]


@attack
def take_checkpoints_away(world: Any) -> list[str]:
    sql("DELETE FROM proof_delivery WHERE checkpoint_id=%s", world.last.pk)
    sql("DELETE FROM proof_checkpoint WHERE id=%s", world.last.pk)
    return [f"日志链 {world.chain}：", f"（{world.size} 条）不在数据库里"]


@attack
def change_the_key_of_a_commitment(world: Any) -> list[str]:
    sql("UPDATE service_servicerequest SET privacy_key='00000000000000000000000000000000' WHERE id=%s", world.request.pk)
    return [world.request.number, "caller_phone"]


@attack
def change_a_row_behind_the_journal(world: Any) -> list[str]:
    sql("UPDATE service_servicerequest SET status='closed' WHERE id=%s", world.request.pk)
    return [world.request.number, "（status）与日志最后一次所记不同"]
