// Words for what stands in the record. Its names never change and more may come, so a name that is not
// here is shown as it is.

import type { Failure, Notes } from "$lib/backend";
import { formatCount, formatMoment } from "$lib/format";

type ActionWords = {
	/** For a list and a filter. */
	title: string;
	/** For the opened entry. */
	sentence: string;
};

const actions: Record<string, ActionWords> = {
	"record.began": {
		title: "Record began",
		sentence: "The record began with this entry, which names the key that signs it.",
	},
	"record.keys-replaced": {
		title: "Keys of the record replaced",
		sentence: "The keys of the record were gone, and new ones were made.",
	},
	"record.verification-failed": {
		title: "Verification failed",
		sentence: "The record did not verify.",
	},
	"record.failure-seen": {
		title: "Failed verification read",
		sentence: "A person has read that the record did not verify.",
	},
	"record.verified": {
		title: "Everything verified",
		sentence: "All of the record was verified, and it held.",
	},
	"record.witness-saved": {
		title: "Witness saved",
		sentence: "A witness of the record was given away.",
	},
	"record.witness-compared": {
		title: "Compared with a witness",
		sentence: "The record was compared with a witness.",
	},
	"record.exported": {
		title: "Record exported",
		sentence: "The record was written to a file.",
	},
	"app.started": { title: "Gatehouse started", sentence: "Gatehouse was started." },
	"app.updated": {
		title: "Gatehouse updated",
		sentence: "From here on, another version of Gatehouse wrote the record.",
	},
	"call.began": {
		title: "Call began",
		sentence: "A call to a model began: what was decided, and where it went.",
	},
	"call.ended": {
		title: "Call ended",
		sentence: "A call to a model ended: how, and what it took.",
	},
	"call.stopped": {
		title: "Call stopped",
		sentence: "A person stopped a call that they saw under way on the Monitor screen.",
	},
	"gate.refused": {
		title: "Kept from leaving",
		sentence: "A message did not leave, and no model was asked.",
	},
	"gate.shown": {
		title: "What leaves looked at",
		sentence: "A person looked at what leaves, or what has left.",
	},
	"gate.overruled": {
		title: "Finding overruled",
		sentence:
			"A person said that something was found by mistake: it leaves as written in this chat.",
	},
	"gate.found-again": {
		title: "Overruling taken back",
		sentence: "A person took back that something was found by mistake.",
	},
	"conversation.opened": { title: "Chat opened", sentence: "A chat was opened." },
	"conversation.renamed": { title: "Chat renamed", sentence: "A chat was renamed." },
	"conversation.changed": {
		title: "Chat options changed",
		sentence: "The options of a chat were changed.",
	},
	"conversation.deleted": {
		title: "Chat deleted",
		sentence: "A chat was put among the deleted ones, from where it can be taken back.",
	},
	"conversation.restored": {
		title: "Chat taken back",
		sentence: "A deleted chat was taken back.",
	},
	"conversation.exported": {
		title: "Chat exported",
		sentence: "A chat was written to a file.",
	},
	"conversation.imported": {
		title: "Chats imported",
		sentence: "Chats were read from a file.",
	},
	"answer.rated": { title: "Answer rated", sentence: "An answer was rated." },
	"content.erased": {
		title: "Content erased",
		sentence: "Content was destroyed for good. The private parts of what it was about are gone.",
	},
	"settings.changed": { title: "Settings changed", sentence: "Settings were changed." },
	"policy.changed": {
		title: "Policy changed",
		sentence: "What may leave for where was changed.",
	},
	"rule.saved": {
		title: "Own rule saved",
		sentence: "A rule of your own was added or changed.",
	},
	"rule.removed": { title: "Own rule removed", sentence: "A rule of your own was removed." },
	"workspace.saved": {
		title: "Workspace saved",
		sentence: "A workspace was made or changed.",
	},
	"account.saved": { title: "Account saved", sentence: "An account was made or changed." },
	"account.removed": { title: "Account removed", sentence: "An account was removed." },
	"key.set": {
		title: "Key set",
		sentence: "The key of an account or of a collector of telemetry was set.",
	},
	"key.removed": {
		title: "Key removed",
		sentence: "The key of an account or of a collector of telemetry was removed.",
	},
	"account.tested": {
		title: "Account tested",
		sentence: "An account was asked whether its key works.",
	},
	"alias.saved": {
		title: "Chain of models saved",
		sentence: "A chain of models was made or changed.",
	},
	"alias.removed": {
		title: "Chain of models removed",
		sentence: "A chain of models was removed.",
	},
	"client.added": {
		title: "Client added",
		sentence: "A client of the local API was added.",
	},
	"client.revoked": {
		title: "Client's key taken back",
		sentence: "The key of a client of the local API was taken back.",
	},
	"api.started": {
		title: "Local API started",
		sentence: "The local API began to listen.",
	},
	"api.stopped": {
		title: "Local API stopped",
		sentence: "The local API stopped listening.",
	},
	"budget.set": { title: "Budget set", sentence: "A budget was set." },
	"budget.removed": { title: "Budget removed", sentence: "A budget was removed." },
	"alert.set": { title: "Alert set", sentence: "An alert was set." },
	"alert.removed": { title: "Alert removed", sentence: "An alert was removed." },
	"alert.fired": {
		title: "Alert",
		sentence: "An alert began to fire: what it watches passed its limit.",
	},
	"alert.cleared": {
		title: "Alert over",
		sentence: "An alert fires no longer.",
	},
	"price.set": { title: "Own price set", sentence: "A price of your own was set." },
	"price.removed": {
		title: "Own price removed",
		sentence: "A price of your own was removed.",
	},
	"prices.updated": {
		title: "Prices updated",
		sentence: "Published prices were taken over.",
	},
	"model.added": { title: "Model added", sentence: "A model was added." },
	"model.removed": { title: "Model removed", sentence: "A model was removed." },
	"preset.saved": {
		title: "Saved options changed",
		sentence: "A saved set of options was made or changed.",
	},
	"preset.removed": {
		title: "Saved options removed",
		sentence: "A saved set of options was removed.",
	},
	"snapshot.made": {
		title: "Snapshot made",
		sentence: "A snapshot of the database was made.",
	},
	"costs.exported": {
		title: "Costs exported",
		sentence: "A report about costs was written to a file.",
	},
	"monitor.exported": {
		title: "Monitor exported",
		sentence: "Numbers of the Monitor screen were written to a file.",
	},
	"subject.searched": {
		title: "Person searched for",
		sentence: "A person was searched for by name or number. The record does not say which one.",
	},
	"subject.exported": {
		title: "Person exported",
		sentence: "What is kept about a person was written to a file.",
	},
	"subject.erased": {
		title: "Person erased",
		sentence: "A person was erased. Each chat that it touched has an entry of its own.",
	},
	"request.opened": {
		title: "Request noted",
		sentence: "A person's request about their data was noted.",
	},
	"request.closed": {
		title: "Request closed",
		sentence: "A person's request about their data was answered or refused.",
	},
	"workspace.erased": {
		title: "Workspace erased",
		sentence: "A workspace was erased with all that was in it.",
	},
	"certificate.saved": {
		title: "Certificate saved",
		sentence: "A certificate of an erasure was given away.",
	},
	"retention.changed": {
		title: "Retention changed",
		sentence: "How long a workspace keeps its chats, or a hold on them, was changed.",
	},
	"retention.ran": {
		title: "Retention ran",
		sentence: "What was older than it is kept was deleted or made anonymous.",
	},
	"data.exported": {
		title: "Archive exported",
		sentence: "Chats and the record were written to an archive.",
	},
	"data.imported": {
		title: "Archive imported",
		sentence: "Chats were read from an archive.",
	},
	"data.anonymised": {
		title: "Anonymised export",
		sentence: "Chats were written to a file with pseudonyms in place of who is in them.",
	},
	"pseudonyms.destroyed": {
		title: "Pseudonym keys destroyed",
		sentence: "Keys of pseudonyms that workspaces had kept were destroyed.",
	},
	"backup.changed": {
		title: "Backups changed",
		sentence:
			"Where or how often backups are made was changed, or the recovery code was given away.",
	},
	"backup.made": {
		title: "Backup made",
		sentence: "A backup was made and read back.",
	},
	"backup.failed": {
		title: "Backup failed",
		sentence: "A backup could not be made.",
	},
	"backup.verified": {
		title: "Backup verified",
		sentence: "A backup was read and verified.",
	},
	"backup.restored": {
		title: "Backup restored",
		sentence: "The database was put back from a backup.",
	},
	"snapshot.restored": {
		title: "Snapshot put back",
		sentence: "The database was put back from a snapshot, or an update was undone.",
	},
	"record.time-stamped": {
		title: "Record time-stamped",
		sentence: "A time-stamp service has stamped how long the record was.",
	},
	"record.payload-opened": {
		title: "Private part opened",
		sentence: "A person looked at the private part of an entry.",
	},
	"search.made": {
		title: "Chats searched",
		sentence: "Chats were searched. The record does not say for what.",
	},
};

/** What happened; `sentence` is empty where the name is all that is known. */
export function actionOf(name: string): ActionWords {
	return actions[name] ?? { title: name, sentence: "" };
}

const outcomes: Record<string, string> = {
	answered: "Answered",
	stopped: "Stopped",
	refused: "Not taken",
	failed: "Failed",
	interrupted: "Interrupted",
	blocked: "Blocked",
	"not allowed": "Not allowed",
	"to be reviewed": "To be looked at first",
	budget: "Budget would be passed",
	"no model": "No model",
	holds: "Holds",
};

/** How it ended. */
export function outcomeOf(name: string): string {
	return outcomes[name] ?? (name in faults ? `Does not hold: ${name}` : name);
}

/** Whether how it ended is to be looked at. An answer that was stopped is none of that. */
export function outcomeTone(action: string, outcome: string): "bad" | "caution" | "plain" {
	if (outcome === "failed" || outcome in faults) return "bad";
	return action === "gate.refused" || outcome === "interrupted" ? "caution" : "plain";
}

const faults: Record<string, (at: string) => string> = {
	missing: (at) => `Entry ${at} is missing.`,
	changed: (at) => `Entry ${at} was changed after it was written.`,
	unlinked: (at) => `Entry ${at} does not follow on the entry before it.`,
	forged: (at) => `Entry ${at} was not written by Gatehouse on this computer.`,
	foreign: (at) => `Entry ${at} is of another installation of Gatehouse.`,
	time: (at) => `The time of entry ${at} was changed.`,
	unreadable: (at) => `Entry ${at} cannot be read.`,
	"payload-changed": (at) => `The private part of entry ${at} was changed.`,
	"payload-missing": (at) =>
		`The private part of entry ${at} is gone, and nothing says that it was erased.`,
	"text-changed": (at) =>
		`The text of a message was changed after entry ${at} was written about it.`,
	"text-missing": (at) =>
		`A message that entry ${at} is about is gone, and nothing says that it was erased.`,
	"payload-added": (at) => `Entry ${at} has a private part that it was not written with.`,
	"checkpoint-unsigned": (at) =>
		`The checkpoint after entry ${at} was not signed with the key of this record.`,
	"checkpoint-differs": (at) => `The first ${at} entries are not the ones that were signed.`,
	"cut-off": (at) =>
		`Only ${at} entries are left: the end was cut off, or an older file was put in its place.`,
	"checkpoint-missing": () =>
		"The last checkpoint is not where it was kept. Whether the end is complete cannot be said.",
	"keys-missing": (at) =>
		`The keys of the record are not where they were kept. Entries up to ${at} cannot be proven any more.`,
	"table-replaced": () =>
		"The database is not made as Gatehouse makes it: a table, view, index or trigger was put there, replaced or taken away.",
	hidden: (at) => `Entry ${at} was hidden from searches.`,
};

/** What a failed verification found. */
export function faultOf({ fault, at }: Pick<Failure, "fault" | "at">): string {
	const words = faults[fault];
	const place = at === null ? "" : formatCount(at);
	if (words) return words(place);
	return place ? `Entry ${place}: ${fault}.` : `What is wrong: ${fault}.`;
}

/** What was set right before a failed verification was written down; null: nothing. */
export function setRightOf({ found, setRight }: Failure): string | null {
	const { madeAnew, removed, strays } = setRight;
	const deeds: string[] = [];
	if (madeAnew.length > 0)
		deeds.push(`made again what was gone or changed: ${madeAnew.join(", ")}`);
	if (removed > 0) {
		const things = removed === 1 ? "1 thing that is" : `${formatCount(removed)} things that are`;
		deeds.push(`took ${things} not its own out of the database`);
	}
	if (strays > 0) {
		const checkpoints = strays === 1 ? "1 checkpoint" : `${formatCount(strays)} checkpoints`;
		deeds.push(`took out ${checkpoints} that did not fit`);
	}
	if (deeds.length === 0) return null;
	const entry = formatCount(found.sequence);
	return `So that recording could go on, Gatehouse ${deeds.join("; ")}. Entry ${entry} says so. No entry was repaired.`;
}

/** What a record that verifies still says about its past. */
export function notesOf(notes: Notes): string[] {
	const said: string[] = [];
	const of = (at: number | null, which: string) =>
		at === null ? "" : `, ${which} ${formatCount(at)}`;
	const entries = (count: number) => (count === 1 ? "1 entry" : `${formatCount(count)} entries`);
	if (notes.clockSetBack > 0) {
		const first = of(
			notes.clockSetBackAt,
			notes.clockSetBack === 1 ? "entry" : "the first is entry",
		);
		const was = notes.clockSetBack === 1 ? "was" : "were";
		said.push(
			`${entries(notes.clockSetBack)} ${was} written while the clock was set back${first}.`,
		);
	}
	if (notes.keysReplaced > 0) {
		const times = notes.keysReplaced === 1 ? "once" : `${formatCount(notes.keysReplaced)} times`;
		const last = of(notes.keysReplacedAt, "last with entry");
		said.push(
			`The keys of the record were replaced ${times}${last}. Nothing shows that who holds the new ones held the old.`,
		);
	}
	if (notes.failed > 0) {
		const times = notes.failed === 1 ? "once" : `${formatCount(notes.failed)} times, the last time`;
		const says = notes.failedAt === null ? "" : `, as entry ${formatCount(notes.failedAt)} says`;
		said.push(
			`A verification failed ${times}${says}: what was wrong then need not be in what holds now.`,
		);
	}
	if (notes.unproven > 0) {
		said.push(
			`${entries(notes.unproven)} from before the keys were lost can only be shown to be linked.`,
		);
	}
	if (notes.erased > 0) {
		const was = notes.erased === 1 ? "was" : "were";
		said.push(`The private parts of ${entries(notes.erased)} ${was} erased.`);
	}
	return said;
}

/** Through what it was done. */
export function actorOf(name: string): string {
	const actors: Record<string, string> = {
		window: "in the window",
		"command line": "on the command line",
		app: "by Gatehouse itself",
		"local api": "through the local API",
	};
	return actors[name] ?? name;
}

/** "23 November 2026, 14:05, entry 812" */
export function momentOf({ timeMs, sequence }: { timeMs: number; sequence: number }): string {
	return `${formatMoment(timeMs)}, entry ${formatCount(sequence)}`;
}
