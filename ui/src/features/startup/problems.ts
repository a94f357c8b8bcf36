// What a person reads when Gatehouse cannot open: what happened, what was kept, what to do next.

import type { StartupCode } from "$lib/backend";

export type ProblemWords = {
	title: string;
	happened: string;
	kept: string;
	next: string;
	/** In place of `next` where it speaks of snapshots and there are none. */
	nextWithoutSnapshots?: string;
};

const untouched = "Nothing was changed. Your chats are in the folder below, as they were.";

export const problemWords: Record<StartupCode, ProblemWords> = {
	damaged: {
		title: "Your chats can’t be read",
		happened:
			"The file that holds them is damaged. Usually a disk fault or a power cut during writing is the cause.",
		kept: "The damaged file was left as it is.",
		next: "Go back to a snapshot. Only what was written after it is missing then, and the damaged file is set aside, not deleted.",
		nextWithoutSnapshots:
			"There is no snapshot to go back to. Quit and put the folder below back from a backup of this computer, or start with no chats.",
	},
	damaged_in_part: {
		title: "A part of your chats can’t be read",
		happened:
			"The daily check read the whole file that holds them and found damage in it. Usually a disk fault or a power cut is the cause.",
		kept: "Nothing was changed. Chats outside of the damaged part still open.",
		next: "Go back to a snapshot from before the damage. Only what was written after it is missing then, and the present file is set aside, not deleted. If you need something newer first, go on and export it.",
		nextWithoutSnapshots:
			"There is no snapshot to go back to. Go on, export the chats that still open, and put the folder below back from a backup of this computer.",
	},
	key_missing: {
		title: "The key to your chats is missing",
		happened:
			"Your chats are stored encrypted. Their key belongs in the keychain of this computer, or in a file beside them, and is not there.",
		kept: untouched,
		next: "Bring the keychain or the file back, for example from a backup of this computer, and try again. Without the key nobody can read the chats; if it is lost for good, start with none.",
	},
	key_wrong: {
		title: "The key does not fit your chats",
		happened:
			"The key in the keychain of this computer is not the one these chats were stored with. Perhaps the folder came from another computer.",
		kept: untouched,
		next: "Quit. Bring back the keychain that belongs to this folder, or the folder that belongs to this computer, and start again. If neither is to be had, start with no chats.",
	},
	keychain_locked: {
		title: "The keychain is locked",
		happened:
			"The key to your chats is in the keychain of this computer, which is locked or waits for its password.",
		kept: untouched,
		next: "Unlock the keychain, then try again. Its password window may be behind this one.",
	},
	keychain_missing: {
		title: "The keychain can’t be reached",
		happened:
			"These chats were stored with a key in the keychain of this computer, and no keychain is running now.",
		kept: untouched,
		next: "Start the keychain, for example by signing in to your desktop as usual, then try again.",
	},
	keys_in_two_places: {
		title: "It is not clear where the key is",
		happened:
			"A file in the data folder says that the keys are in files, but the keychain of this computer has the key to these chats. Perhaps somebody changed the file.",
		kept: untouched,
		next: "The details below say what to write into that file to go on with the key in the keychain. Then try again.",
	},
	newer: {
		title: "These chats need a newer Gatehouse",
		happened: "A newer version has opened them before. This version does not know their form.",
		kept: untouched,
		next: "Install the newer version again. Or go back to a snapshot from before the update; what was written since is then missing.",
		nextWithoutSnapshots: "Quit and install the newer version again.",
	},
	already_open: {
		title: "Gatehouse is already open",
		happened: "Another window works with the same data folder.",
		kept: "Nothing was changed.",
		next: "Use the other window, or close it and try again.",
	},
	busy: {
		title: "Your chats are in use",
		happened:
			"Another Gatehouse, for example a command in a terminal, is writing them and did not end in time.",
		kept: untouched,
		next: "Wait until it is done or end it, then try again.",
	},
	disk_full: {
		title: "The disk is full",
		happened: "Gatehouse needs a little free space to open, and there is none.",
		kept: "Nothing was lost. Your chats are in the folder below.",
		next: "Free some space, then try again.",
	},
	not_writable: {
		title: "The data folder can’t be written",
		happened: "Gatehouse may read the folder with your chats but not write in it.",
		kept: untouched,
		next: "Give your user the right to write in the folder, then try again.",
	},
	migration_failed: {
		title: "The update of your chats did not finish",
		happened: "This version stores them in a new form, and changing the file failed.",
		kept: "The change was taken back in full. Your chats are as they were before the update.",
		next: "Try again. If it fails again, go on with the version you had before: it can open them.",
	},
	internal: {
		title: "Gatehouse can’t open",
		happened: "Something unforeseen happened at the start.",
		kept: untouched,
		next: "Try again. If it stays so, please report it with the details below.",
	},
};
