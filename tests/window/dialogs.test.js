// What leaves the window as a file and comes back as one, through the system's own dialog for files.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { Gatehouse, gatehouse, importChat, temporaryFolder } from "./app.js";
import {
  answer,
  chooseFolder,
  leaveOpening,
  leaveSaving,
  openFile,
  saveAs,
  saveOver,
} from "./file-dialog.js";
import * as page from "./page.js";

/** No user, not even root, can make a file here. */
const unwritable = "/sys";

test("the record in files", async (t) => {
  const app = await Gatehouse.startNew(t);
  const files = await temporaryFolder(t);
  const question = "Name one colour of the sea.";
  await app.run(page.changeSettings, { automaticTitles: false });
  await app.limitAnswers(10);
  await app.ask(question);
  await app.answered();
  await app.press("Control+6");
  const exported = join(files, "record.jsonl");
  const witness = join(files, "witness.json");

  await t.test(
    "an export for which no file is chosen did not happen, and none is claimed",
    async () => {
      await app.click("button", "Export…");
      await app.click("button", "Choose where…");
      await leaveSaving(app);
      await app.see("button", "Choose where…");
      const said = await app.textOf("dialog", "Export the record");
      assert.ok(!said.includes("Exported to"), said);
      assert.deepEqual(
        await app.all("group", /written|wrong|accepted/),
        [],
        "nothing is warned of",
      );
      assert.ok(!(await actions(app)).includes("record.exported"));
    },
  );

  await t.test(
    "one that cannot be written is said, with the file, and did not happen",
    async () => {
      await app.click("button", "Choose where…");
      await saveAs(app, join(unwritable, "record.jsonl"));
      await saysAndDismiss(app, "/sys/record.jsonl” cannot be written");
      const said = await app.textOf("dialog", "Export the record");
      assert.ok(!said.includes("Exported to"), said);
      assert.ok(!(await actions(app)).includes("record.exported"));
    },
  );

  await t.test(
    "one that is written has the call, and the command line accepts it",
    async () => {
      await app.click("radio", "Included");
      await app.click("button", "Choose where…");
      await saveAs(app, exported);
      await app.says(`Exported to ${exported}`, "dialog", "Export the record");
      const fingerprint = createHash("sha256").update(question).digest("hex");
      assert.ok(
        (await readFile(exported, "utf8")).includes(fingerprint),
        "the question is in it",
      );
      const verified = await verify(exported);
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);
      assert.deepEqual(
        await readdir(files),
        ["record.jsonl"],
        "and nothing else was written",
      );
    },
  );

  await t.test("and rejects it with one byte changed", async () => {
    const changed = join(files, "changed.jsonl");
    const bytes = await readFile(exported);
    bytes[Math.floor(bytes.length / 2)] ^= 1;
    await writeFile(changed, bytes);
    const verified = await verify(changed);
    assert.equal(verified.code, 10, verified.stdout + verified.stderr);
    await app.press("Escape");
    await app.gone("dialog");
  });

  await t.test(
    "a witness is saved, and the record is compared with it later",
    async () => {
      await app.click("button", "Save witness…");
      await app.click("button", "Choose where…");
      await saveAs(app, witness);
      await app.says(`Saved as ${witness}`, "dialog", "Save a witness");
      await app.press("Escape");
      await app.gone("dialog");
      const { checkpoint } = JSON.parse(await readFile(witness, "utf8"));
      await app.click("button", "Compare…");
      await app.click("button", "Choose a witness file…");
      await openFile(app, witness);
      await app.says(
        `The first ${checkpoint.count} entries are those of the witness.`,
      );
    },
  );

  await t.test("a comparison that is left leaves what was found", async () => {
    await app.click("button", "Choose a witness file…");
    await leaveOpening(app);
    await app.see("button", "Choose a witness file…");
    await app.says(
      "entries are those of the witness.",
      "dialog",
      "Compare with a witness",
    );
  });

  await t.test("the witness of another record is told apart", async () => {
    const other = await temporaryFolder(t);
    const foreign = join(files, "other.json");
    const given = await gatehouse(other, "record", "witness", foreign);
    assert.equal(given.code, 0, given.stderr);
    await app.click("button", "Choose a witness file…");
    await openFile(app, foreign);
    await app.says("This is not the record that the witness speaks of.");
    await app.press("Escape");
    await app.gone("dialog");
  });
});

test("chats in files", async (t) => {
  const name = "Ottoline Fairweather";
  const said = "The lighthouse keeper counts seventeen gulls.";
  const passphrase = "four random words are good";
  const folder = await temporaryFolder(t);
  await importChat(t, folder, `Gulls for ${name}`, [
    `What does ${name} see?`,
    said,
  ]);
  await importChat(t, folder, "Another", ["Who is there?", "Nobody."]);
  const app = await Gatehouse.start(t, folder);
  const files = await temporaryFolder(t);
  const locked = join(files, "everything.zip.age");
  const open = join(files, "everything.zip");

  await t.test(
    "an archive for which no file is chosen is not written, and none is claimed",
    async () => {
      await toArchive(app);
      await app.click("button", "Choose where…");
      await leaveSaving(app);
      await app.click("checkbox", "Lock it with a passphrase");
      assert.ok(!(await app.text()).includes("Saved to"));
      assert.ok(!(await actions(app)).includes("data.exported"));
    },
  );

  await t.test("one that is locked has no word of them in clear", async () => {
    await app.fill("Passphrase", passphrase);
    await app.fill("The same again", passphrase);
    await app.click("button", "Choose where…");
    await saveAs(app, locked);
    await app.says(`Saved to ${locked}, with 1 workspace, 2 chats`);
    await app.says("Only the passphrase opens it.");
    assert.ok((await actions(app)).includes("data.exported"));
    const bytes = await readFile(locked);
    assert.ok(
      bytes.subarray(0, 21).equals(Buffer.from("age-encryption.org/v1")),
    );
  });

  await t.test("what was saved stays said when the next is left", async () => {
    await app.click("button", "Choose where…");
    await leaveSaving(app);
    await app.see("button", "Choose where…");
    await app.says(`Saved to ${locked}, with 1 workspace, 2 chats`);
  });

  await t.test(
    "one that cannot be written says why, and is not claimed",
    async () => {
      await app.click("checkbox", "Lock it with a passphrase");
      await app.click("button", "Choose where…");
      await saveAs(app, join(unwritable, "everything.zip"));
      // What the system says of it is not the same everywhere.
      await app.until("the refusal is said", async () =>
        /Permission denied|Read-only file system/.test(
          await app.textOf("alert"),
        ),
      );
      assert.ok(!(await app.text()).includes("Saved to"));
    },
  );

  await t.test(
    "one that is not locked says so, and the command line finds it as it was written",
    async () => {
      await app.click("button", "Choose where…");
      await saveAs(app, open);
      await app.says(`Saved to ${open}, with 1 workspace, 2 chats`);
      await app.says("It is not locked: whoever has the file can read it.");
      const verified = await gatehouse(
        "/nonexistent",
        "archive",
        "verify",
        open,
      );
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    },
  );

  await t.test("what is kept of a person is saved for them", async () => {
    const file = join(files, "person.json");
    await app.click("tab", /^Requests/);
    await app.fill("What they go by", name);
    await app.click("button", "Find");
    await app.click("button", "Export as data…");
    await saveAs(app, file);
    await saysAndDismiss(app, `Saved to ${file}`);
    assert.ok((await readFile(file, "utf8")).includes(name));
  });

  await t.test(
    "a chat is written to read and as data, and the data comes back as a chat",
    async () => {
      const [readable, data] = [
        join(files, "chat.md"),
        join(files, "chat.json"),
      ];
      await app.press("Control+1");
      await app.click("button", /^Another/);
      await exportAs(app, "Markdown");
      await saveAs(app, readable);
      await saysAndDismiss(app, `Saved to ${readable}`);
      assert.ok((await readFile(readable, "utf8")).includes("Who is there?"));
      await exportAs(app, "JSON");
      await saveAs(app, data);
      await saysAndDismiss(app, `Saved to ${data}`);
      await app.click("button", "More for this chat");
      await app.click("menuitem", "Import chats");
      await openFile(app, data);
      await saysAndDismiss(app, "Imported one chat.");
      await app.until("the chat stands beside its copy", async () => {
        return (await app.all("button", /^Another/)).length === 2;
      });
    },
  );

  await t.test("what is there is replaced only by who says so", async () => {
    const file = join(files, "there.md");
    await writeFile(file, "of somebody else");
    await exportAs(app, "Markdown");
    assert.match(await saveOver(app, file), /“there\.md” already exists/);
    await answer(app, "Cancel");
    await leaveSaving(app);
    assert.equal(await readFile(file, "utf8"), "of somebody else");
    await exportAs(app, "Markdown");
    await saveOver(app, file);
    await answer(app, "Replace");
    await saysAndDismiss(app, `Saved to ${file}`);
    assert.ok((await readFile(file, "utf8")).includes("Who is there?"));
  });

  await t.test(
    "the certificate of an erasure is saved, and its signature holds",
    async () => {
      await app.press("Control+1");
      await app.click("button", /^Gulls for/);
      await app.click("button", "More for this chat");
      await app.click("menuitem", "Erase for good…");
      await app.click("checkbox", /cannot be undone/);
      await app.click("button", "Erase for good");
      await app.see("dialog", "Erased");
      await app.click("button", "Save certificate as data…");
      await leaveSaving(app);
      assert.ok(!(await app.textOf("dialog", "Erased")).includes("Saved to"));
      const [data, readable] = [
        join(files, "certificate.json"),
        join(files, "certificate.html"),
      ];
      await app.click("button", "Save certificate as data…");
      await saveAs(app, data);
      await app.says(`Saved to ${data}`, "dialog", "Erased");
      await app.click("button", "Save certificate to read…");
      await saveAs(app, readable);
      await app.says(`Saved to ${readable}`, "dialog", "Erased");
      const verified = await gatehouse(
        "/nonexistent",
        "subject",
        "verify",
        data,
      );
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);
      assert.match(await readFile(readable, "utf8"), /<html/);
      await app.press("Escape");
      await app.gone("dialog");
      await app.gone("button", /^Gulls for/);
    },
  );

  await t.test("a report of what was spent is saved", async () => {
    const file = join(files, "costs.html");
    await app.press("Control+3");
    await app.click("button", "Save…");
    await app.click(
      "menuitem",
      "Report as one page, without chat titles (HTML)",
    );
    await saveAs(app, file);
    await saysAndDismiss(app, `Saved to ${file}`);
    assert.match(await readFile(file, "utf8"), /<html/);
  });

  await t.test(
    "on a full disk a report is said not to fit, and nothing half is left",
    async (t) => {
      const disk = await fullDisk(t);
      if (!disk)
        return t.skip("a full disk needs the right to mount one (run as root)");
      await app.click("button", "Save…");
      await app.click("menuitem", "Report to print, without chat titles (PDF)");
      await saveAs(app, join(disk, "costs.pdf"));
      await app.says("The disk is full.", "region", "Messages");
      await app.says(`${disk}/costs.pdf”`, "region", "Messages");
      assert.deepEqual(await readdir(disk), ["ballast"]);
    },
  );

  await t.test("backups go to the folder that is chosen", async () => {
    const backups = await temporaryFolder(t);
    await app.press("Control+7");
    await app.click("tab", "Backups");
    await app.click("button", "Choose…");
    await chooseFolder(app, backups);
    await app.says(backups);
    await app.click("button", "Back up now");
    await app.see("table", "Backups that were made");
    assert.equal((await readdir(backups)).length, 1);
  });

  await t.test(
    "another installation takes the archive in, with its passphrase alone",
    async () => {
      await app.quit();
      const other = await Gatehouse.start(t, await temporaryFolder(t));
      await toArchive(other);
      await other.click("button", "Choose an archive…");
      await openFile(other, locked);
      await other.fill("Passphrase of the archive", "another passphrase");
      await other.click("button", "Look into it");
      await other.says("passphrase", "alert");
      await other.fill("Passphrase of the archive", passphrase);
      await other.click("button", "Look into it");
      await other.says("2 chats");
      await other.click("button", "Bring it in");
      await other.says("Brought in: 2 chats");
      await other.press("Control+1");
      await other.click("button", /^Gulls for/);
      await other.says(said);
    },
  );
});

/** Wait for a message, and put it away: it may cover what is clicked next. */
async function saysAndDismiss(app, text) {
  await app.says(text, "region", "Messages");
  await app.until("no message is left", async () => {
    const messages = await app.see("region", "Messages");
    const [dismiss] = await app.all("button", "Dismiss", messages);
    // It may go by itself before it is clicked.
    await dismiss?.click().catch(() => null);
    return !dismiss;
  });
}

async function exportAs(app, form) {
  await app.click("button", "More for this chat");
  await app.click("menuitem", `Export as ${form}`);
}

async function toArchive(app) {
  await app.press("Control+7");
  await app.click("tab", "Archive");
}

/** A small disk without room; null where it cannot be mounted. */
async function fullDisk(t) {
  const run = promisify(execFile);
  let disk = null;
  // Before the folder that it is in is removed.
  t.after(() => disk && run("umount", ["-l", disk]));
  const place = await temporaryFolder(t);
  const words = ["-t", "tmpfs", "-o", "size=65536", "tmpfs", place];
  const mounted = await run("mount", words).catch(() => null);
  if (!mounted) return null;
  disk = place;
  await writeFile(join(disk, "ballast"), Buffer.alloc(1 << 20)).catch(
    () => null,
  );
  return disk;
}

async function actions(app) {
  const { code, stdout, stderr } = await gatehouse(
    app.folder,
    "--json",
    "record",
    "list",
  );
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout).map(({ action }) => action);
}

function verify(file) {
  return gatehouse("/nonexistent", "record", "verify", file);
}
