// Short messages in the corner of the window, with at most one thing to do about them (Undo).

import { untrack } from "svelte";

import { explain, toProblem } from "$lib/backend";

export type Toast = {
	id: number;
	text: string;
	tone: "plain" | "error";
	action: { label: string; run: () => void } | null;
};

const plainMs = 5_000;
const withActionMs = 10_000;

let list = $state<Toast[]>([]);
let nextId = 0;
/** What a person is at it with. */
type Hold = "pointer" | "focus";

type Timer = ReturnType<typeof setTimeout>;
type End = { id: number; afterMs: number; timer: Timer; held: Hold[] };

/** The ends of those that go by themselves. */
let ends: End[] = [];

export const toasts = {
	get list(): Toast[] {
		return list;
	},
};

/** Shows a message, with an action for as long as it stands. It stands longer while a person is at it. */
export function toast(text: string, action: Toast["action"] = null): void {
	show({ text, tone: "plain", action }, action ? withActionMs : plainMs);
}

/** Shows what was thrown, in words. A cancelled request is no error and shows nothing. */
export function toastError(thrown: unknown): void {
	const error = toProblem(thrown);
	if (error.code === "cancelled") return;
	const { title, detail, next } = explain(error);
	const text = [`${title}.`, detail, next].filter(Boolean).join(" ");
	show({ text, tone: "error", action: null }, null);
}

export function dismissToast(id: number): void {
	clearTimeout(endOf(id)?.timer);
	ends = ends.filter((end) => end.id !== id);
	list = list.filter((toast) => toast.id !== id);
}

function show(toast: Omit<Toast, "id">, forMs: number | null): void {
	const id = nextId++;
	// Three at most: an older one was read or never will be.
	// Untracked, so that an effect may show one without running again for each that comes and goes.
	list = [...untrack(() => list).slice(-2), { ...toast, id }];
	if (forMs === null) return;
	ends.push({ id, afterMs: forMs, timer: endAfter(id, forMs), held: [] });
}

function endAfter(id: number, ms: number): Timer {
	return setTimeout(() => dismissToast(id), ms);
}

function endOf(id: number): End | undefined {
	return ends.find((end) => end.id === id);
}

/** Keeps a message while a person is at it. */
export function holdToast(id: number, by: Hold): void {
	const end = endOf(id);
	end?.held.push(by);
	clearTimeout(end?.timer);
}

/** Lets it go by itself again, after all of its time, unless it is still held by the other. */
export function releaseToast(id: number, by: Hold): void {
	const end = endOf(id);
	if (!end?.held.includes(by)) return;
	end.held = end.held.filter((hold) => hold !== by);
	if (end.held.length > 0) return;
	end.timer = endAfter(id, end.afterMs);
}
