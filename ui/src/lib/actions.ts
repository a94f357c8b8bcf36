// The registry of everything a person can do from the keyboard or the command palette.
//
// A feature registers its actions while it is on screen and takes them back when it leaves:
//
//     $effect(() =>
//         registerActions([
//             { id: "chat.stop", title: "Stop the answer", group: "Chat", shortcut: "Escape",
//               enabled: () => streaming, run: stop },
//         ]),
//     );
//
// From then on the palette lists them, the shortcut sheet shows them and their keys work.
// Shortcuts are written "Mod+Shift+E", "Escape", "Alt+ArrowUp", "?"; Mod is Ctrl, on macOS Cmd.
// One without Mod or Alt stays quiet while a person types in a field, except Escape and the F keys.
// While a dialog is open only actions marked `evenInDialog` answer to their keys.
// A later registration wins the key of an earlier one while it is registered and enabled.

import { SvelteMap } from "svelte/reactivity";

export type ActionGroup =
	| "Go to"
	| "Chat"
	| "Message"
	| "Models"
	| "Costs"
	| "Record"
	| "Privacy"
	| "Storage"
	| "Appearance"
	| "Help";

export type Action = {
	/** Unique, such as "chat.rename". */
	id: string;
	/** What it does, in the words of a menu. */
	title: string;
	group: ActionGroup;
	shortcut?: string;
	/** Another key that does the same, not shown beside the first. */
	alias?: string;
	/** More words to find it by. */
	keywords?: string;
	/** Not offered while this is false. */
	enabled?: () => boolean;
	/** Answers to its key also while a dialog is open. */
	evenInDialog?: boolean;
	/** Left out of the palette: it makes sense only in its place. */
	hidden?: boolean;
	run: () => void;
};

const registered = new SvelteMap<string, Action>();

/** Adds the actions and returns a function that takes them away again. */
export function registerActions(actions: Action[]): () => void {
	for (const action of actions) {
		registered.delete(action.id);
		registered.set(action.id, action);
	}
	return () => {
		for (const action of actions) {
			if (registered.get(action.id) === action) registered.delete(action.id);
		}
	};
}

/** All actions in the order they came, reactive. */
export function allActions(): Action[] {
	return [...registered.values()];
}

/** The actions of each group, in the order in which the groups first appear. */
export function grouped(actions: Action[]): [ActionGroup, Action[]][] {
	const groups = new Map<ActionGroup, Action[]>();
	for (const action of actions) {
		const known = groups.get(action.group);
		if (known) known.push(action);
		else groups.set(action.group, [action]);
	}
	return [...groups];
}

export function isEnabled(action: Action): boolean {
	return action.enabled?.() ?? true;
}

const onMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** The keys of a shortcut as they are shown: ["Ctrl", "K"], on macOS ["⌘", "K"]. */
export function shortcutKeys(shortcut: string): string[] {
	const names: Record<string, string> = {
		Mod: onMac ? "⌘" : "Ctrl",
		Alt: onMac ? "⌥" : "Alt",
		Shift: onMac ? "⇧" : "Shift",
		Escape: "Esc",
		Enter: "Enter",
		Backspace: "Backspace",
		ArrowUp: "↑",
		ArrowDown: "↓",
		ArrowLeft: "←",
		ArrowRight: "→",
	};
	return shortcut.split("+").map((key) => names[key] ?? key.toUpperCase());
}

function matches(shortcut: string, event: KeyboardEvent): boolean {
	const parts = shortcut.split("+");
	const key = parts.at(-1) ?? "";
	const mod = onMac ? event.metaKey : event.ctrlKey;
	const other = onMac ? event.ctrlKey : event.metaKey;
	// "?" and its like need Shift on some keyboards and not on others.
	const shiftMatters = /^([a-z0-9]|[A-Z]\w+)$/i.test(key);
	return (
		event.key.toLowerCase() === key.toLowerCase() &&
		mod === parts.includes("Mod") &&
		event.altKey === parts.includes("Alt") &&
		(!shiftMatters || event.shiftKey === parts.includes("Shift")) &&
		!other
	);
}

function isTyping(target: EventTarget | null): boolean {
	return (
		target instanceof HTMLElement &&
		(target.isContentEditable ||
			target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=range])"))
	);
}

function worksWhileTyping(shortcut: string): boolean {
	return /Mod\+|Alt\+|^(Shift\+)?(Escape|F\d+)$/.test(shortcut);
}

function dialogIsOpen(): boolean {
	return document.querySelector("[role=dialog][data-state=open], [role=alertdialog]") !== null;
}

/** Runs the action whose shortcut was pressed; the window's one keydown handler. */
export function runShortcut(event: KeyboardEvent): void {
	if (event.defaultPrevented || event.isComposing) return;
	const typing = isTyping(event.target);
	const inDialog = dialogIsOpen();
	const answers = (shortcut: string | undefined) =>
		shortcut !== undefined && matches(shortcut, event) && (worksWhileTyping(shortcut) || !typing);
	const action = allActions().findLast(
		(candidate) =>
			(answers(candidate.shortcut) || answers(candidate.alias)) &&
			(candidate.evenInDialog || !inDialog) &&
			isEnabled(candidate),
	);
	if (!action) return;
	event.preventDefault();
	action.run();
}

/** Runs a registered action by its id, for a button that does the same. */
export function runAction(id: string): void {
	const action = registered.get(id);
	if (action && isEnabled(action)) action.run();
}
