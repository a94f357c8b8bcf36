// Shows what a control without words does: under the pointer after a moment, with the focus at once.

import { mount, unmount } from "svelte";
import type { Attachment } from "svelte/attachments";

import Tooltip from "./Tooltip.svelte";

const hoverMs = 500;

/** `words` are read when it shows; none: it does not show. */
export function tooltip(
	words: () => { text: string; shortcut: string | undefined } | null,
): Attachment<HTMLElement> {
	return (control) => {
		let timer: ReturnType<typeof setTimeout> | undefined;
		let shown: ReturnType<typeof mount> | null = null;

		function show(): void {
			const said = words();
			if (shown || !said) return;
			shown = mount(Tooltip, { target: document.body, props: { ...said, of: control } });
		}
		function hide(): void {
			clearTimeout(timer);
			if (shown) void unmount(shown);
			shown = null;
		}
		function wait(): void {
			clearTimeout(timer);
			timer = setTimeout(show, hoverMs);
		}
		function focused(): void {
			if (control.matches(":focus-visible")) show();
		}
		const listeners: [string, () => void][] = [
			["pointerenter", wait],
			["pointerleave", hide],
			["pointerdown", hide],
			["keydown", hide],
			["focus", focused],
			["blur", hide],
		];
		for (const [name, listener] of listeners) control.addEventListener(name, listener);
		return () => {
			for (const [name, listener] of listeners) control.removeEventListener(name, listener);
			hide();
		};
	};
}
