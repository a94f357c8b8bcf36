// The fake host's retention and backups: rules by which its chats really go, holds that stop that, and
// a folder of backups that grows.

import type { Backend } from "../backend";
import type {
	BackupInfo,
	BackupStatus,
	Due,
	Hold,
	Held,
	Problem,
	RetentionRule,
	RetentionStatus,
	Startup,
	Waits,
	Workspace,
} from "../bindings";
import type { ErasablePart } from "./chats";

export type KeepingPart = Pick<
	Backend,
	| "retentionStatus"
	| "setRetention"
	| "previewRetention"
	| "runRetention"
	| "hold"
	| "liftHold"
	| "backupStatus"
	| "setBackupSchedule"
	| "chooseBackupFolder"
	| "backUpNow"
	| "listBackups"
	| "verifyBackup"
	| "saveRecoveryCode"
	| "restoreBackup"
>;

export type KeepingOptions = {
	now: () => number;
	/** Between two steps of a backup. */
	pause: () => Promise<void>;
	chats: ErasablePart;
	workspaces: () => Promise<Workspace[]>;
	restored: () => Promise<Startup>;
	/** No folder of backups was chosen. */
	empty: boolean;
	/** The disk with the backups is not connected. */
	unplugged: boolean;
	/** The record in backups does not verify. */
	spoiled: boolean;
	/** An older database was put back, and nobody has looked since. */
	putBack: boolean;
};

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const gone: Problem = {
	code: "not_found",
	message: "The folder /media/ada/Backups is not there.",
	hint: "Connect the disk, or choose another folder.",
};

const isSame = (one: Held, other: Held) => JSON.stringify(one) === JSON.stringify(other);

/** For the fake host's erasing. */
export type HoldingPart = { isHeld: (conversationId: string) => boolean };

export function fakeKeeping(options: KeepingOptions): KeepingPart & HoldingPart {
	const { now, pause, chats } = options;
	const rules = new Map<string, RetentionRule>();
	let holds: Hold[] = [];
	let waits: Waits | null = options.putBack ? { because: "put_back", atMs: now() - hourMs } : null;

	const allHeld = (workspaceId: string) =>
		holds.some(({ on }) => on.kind === "workspace" && on.workspaceId === workspaceId);
	const isHeld = (id: string, workspaceId: string) =>
		allHeld(workspaceId) ||
		holds.some(({ on }) => on.kind === "conversation" && on.conversationId === id);

	/** What a rule is about now, held or not. */
	function old(workspace: Workspace): Due[] {
		const rule = rules.get(workspace.id);
		if (!rule) return [];
		return chats
			.all()
			.filter((chat) => chat.workspaceId === workspace.id)
			.filter((chat) => now() - chat.updatedAtMs > rule.days * dayMs)
			.map(({ id, title, updatedAtMs, messages }) => ({
				conversationId: id,
				workspaceId: workspace.id,
				workspace: workspace.name,
				title,
				updatedAtMs,
				messages: messages.length,
				action: rule.action,
			}));
	}
	const isDue = (due: Due) => !isHeld(due.conversationId, due.workspaceId);

	async function status(): Promise<RetentionStatus> {
		const workspaces = (await options.workspaces()).map((workspace) => {
			const all = old(workspace);
			const due = all.filter(isDue).length;
			return {
				workspaceId: workspace.id,
				name: workspace.name,
				rule: rules.get(workspace.id) ?? null,
				conversations: chats.all().filter((chat) => chat.workspaceId === workspace.id).length,
				due,
				held: all.length - due,
			};
		});
		const hasRule = workspaces.some(({ rule }) => rule !== null);
		return { workspaces, holds, waits: hasRule ? waits : null, problem: null };
	}

	async function nameOf(on: Held): Promise<string> {
		if (on.kind === "conversation") {
			return chats.all().find(({ id }) => id === on.conversationId)?.title ?? "";
		}
		const workspaces = await options.workspaces();
		return workspaces.find(({ id }) => id === on.workspaceId)?.name ?? "";
	}

	let backup: BackupStatus = {
		schedule: {
			folder: options.empty ? null : "/media/ada/Backups",
			everyHours: 24,
			keep: 7,
		},
		earlierFolders: [],
		installation: "3fa93fa9",
		madeAtMs: options.empty ? null : now() - 5 * hourMs,
		madeName: null,
		dueAtMs: options.empty ? null : now() + 19 * hourMs,
		problem: options.unplugged ? gone : null,
		problemAtMs: options.unplugged ? now() - 3 * hourMs : null,
	};
	let list: BackupInfo[] = options.empty ? [] : [made(5 * hourMs), made(29 * hourMs)];

	function made(agoMs: number): BackupInfo {
		const madeAtMs = now() - agoMs;
		const name = `gatehouse-3fa93fa9-${new Date(madeAtMs).toISOString()}-12.db`;
		return { name, madeAtMs, bytes: 3_518_464, schema: 12 };
	}

	return {
		isHeld: (id) => {
			const chat = chats.all().find((one) => one.id === id);
			return chat !== undefined && isHeld(id, chat.workspaceId);
		},
		retentionStatus: status,
		setRetention: async (workspaceId, rule) => {
			if (rule) rules.set(workspaceId, rule);
			else rules.delete(workspaceId);
			return status();
		},
		previewRetention: async () => {
			const all = (await options.workspaces()).flatMap(old);
			const due = all.filter(isDue);
			const copies = {
				passing: 5,
				byHand: 1,
				setAside: 0,
				backups: list.length,
				earlierBackups: 0,
			};
			return { due, held: all.length - due.length, requests: 0, waits, copies };
		},
		runRetention: async () => {
			const runs = [];
			waits = null;
			for (const workspace of await options.workspaces()) {
				const rule = rules.get(workspace.id);
				if (!rule) continue;
				const all = old(workspace);
				const due = all.filter(isDue);
				chats.erase(due.map(({ conversationId }) => conversationId));
				runs.push({
					workspaceId: workspace.id,
					name: workspace.name,
					action: rule.action,
					done: due.length,
					requests: 0,
					held: all.length - due.length,
					failed: 0,
					problem: null,
				});
			}
			return { runs };
		},
		hold: async (on, reason) => {
			const held = { on, name: await nameOf(on), reason, sinceMs: now() };
			holds = [held, ...holds.filter((hold) => !isSame(hold.on, on))];
			return status();
		},
		liftHold: async (on) => {
			holds = holds.filter((hold) => !isSame(hold.on, on));
			return status();
		},
		backupStatus: async () => backup,
		setBackupSchedule: async (everyHours, keep) => {
			const dueAtMs = everyHours === null ? null : (backup.madeAtMs ?? now()) + everyHours * hourMs;
			backup = { ...backup, schedule: { ...backup.schedule, everyHours, keep }, dueAtMs };
			return backup;
		},
		chooseBackupFolder: async () => {
			const schedule = { ...backup.schedule, folder: "/media/ada/Other disk" };
			backup = { ...backup, schedule, problem: null, problemAtMs: null, dueAtMs: now() };
			return backup;
		},
		backUpNow: async (onProgress) => {
			for (let copied = 0; copied < 1; copied += 0.25) {
				onProgress({ copied, checking: false });
				await pause();
			}
			onProgress({ copied: 1, checking: true });
			await pause();
			const newest = made(0);
			list = [newest, ...list].slice(0, backup.schedule.keep);
			backup = { ...backup, madeAtMs: now(), madeName: newest.name, dueAtMs: now() + 24 * hourMs };
			return newest;
		},
		listBackups: async () => {
			if (options.unplugged) throw gone;
			return list;
		},
		verifyBackup: async (name) => {
			const known = list.find((one) => one.name === name);
			return {
				name: name ?? "old.db",
				madeAtMs: known?.madeAtMs ?? null,
				bytes: 3_518_464,
				schema: 12,
				entries: 160,
				installation: known ? "3fa93fa9" : "77c0d1e2",
				isOfThisRecord: known !== undefined,
				recordFault: options.spoiled ? "Entry 41 was changed after it was written." : null,
			};
		},
		saveRecoveryCode: async () => "/home/ada/gatehouse-recovery-code.txt",
		restoreBackup: options.restored,
	};
}
