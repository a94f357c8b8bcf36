// How backups stand and which there are, and the one that is being made, which goes on when a person
// looks at another screen.

import {
	backend,
	toProblem,
	type BackupInfo,
	type BackupProgress,
	type BackupStatus,
	type Problem,
} from "$lib/backend";

let status = $state.raw<BackupStatus | null>(null);
let list = $state.raw<BackupInfo[] | null>(null);
let listError = $state.raw<Problem | null>(null);
let progress = $state.raw<BackupProgress | null>(null);

/** Reactive. */
export const backups = {
	/** Null until it was read. */
	get status(): BackupStatus | null {
		return status;
	},
	/** Newest first; null: not read yet, or `listError` says why not. */
	get list(): BackupInfo[] | null {
		return list;
	},
	get listError(): Problem | null {
		return listError;
	},
	/** How far the one under way is; null: none is. */
	get progress(): BackupProgress | null {
		return progress;
	},
};

export async function readBackups(): Promise<void> {
	status = await backend.backupStatus();
	await readList();
}

/** The host told how they are after it made one by itself, or could not. */
export async function takeBackups(now: BackupStatus): Promise<void> {
	status = now;
	await readList();
}

/** The host answers a change with how everything is then; null changes nothing. */
export async function changeBackups(change: () => Promise<BackupStatus | null>): Promise<void> {
	const changed = await change();
	if (changed === null) return;
	status = changed;
	await readList();
}

export async function backUp(): Promise<void> {
	if (progress !== null) return;
	progress = { copied: 0, checking: false };
	try {
		await backend.backUpNow((step) => {
			// What is told late must not begin it again.
			if (progress !== null) progress = step;
		});
	} finally {
		progress = null;
		await readBackups();
	}
}

/** The disk with the folder may not be connected, which hinders nothing else here. */
async function readList(): Promise<void> {
	if (!status || status.schedule.folder === null) {
		list = [];
		listError = null;
		return;
	}
	try {
		list = await backend.listBackups();
		listError = null;
	} catch (thrown) {
		list = null;
		listError = toProblem(thrown);
	}
}
