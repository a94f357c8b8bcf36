// What the chat screen adds to the command palette and the keyboard.

import type { Action } from "$lib/actions";
import { toastError } from "$lib/state/toasts.svelte";

import { chat } from "./chat.svelte";
import type { Thread } from "./thread.svelte";

export type ChatHooks = {
	thread: Thread;
	focusSearch: () => void;
	focusComposer: () => void;
	toggleOptions: () => void;
	rename: (id: string) => void;
	copyAnswer: () => void;
	regenerate: () => void;
};

export function chatActions(hooks: ChatHooks): Action[] {
	const { thread } = hooks;
	const hasAnswer = () => thread.messages?.at(-1)?.role === "assistant" && !thread.answering;
	return [
		{
			id: "chat.search",
			title: "Search chats",
			group: "Chat",
			shortcut: "Mod+F",
			run: hooks.focusSearch,
		},
		{
			id: "chat.write",
			title: "Write a message",
			group: "Chat",
			shortcut: "Mod+L",
			run: hooks.focusComposer,
		},
		{
			id: "chat.previous",
			title: "Previous chat",
			group: "Chat",
			shortcut: "Alt+ArrowUp",
			run: () => chat.step(-1),
		},
		{
			id: "chat.next",
			title: "Next chat",
			group: "Chat",
			shortcut: "Alt+ArrowDown",
			run: () => chat.step(1),
		},
		{
			id: "chat.options",
			title: "Chat options",
			group: "Chat",
			shortcut: "Mod+O",
			keywords: "system prompt temperature sampling preset",
			run: hooks.toggleOptions,
		},
		{ id: "chat.import", title: "Import chats", group: "Chat", run: () => void chat.import() },
		...ofConversation(hooks),
		{
			id: "message.stop",
			title: "Stop the answer",
			group: "Message",
			shortcut: "Escape",
			enabled: () => thread.answering,
			run: () => void thread.stop().catch(toastError),
		},
		{
			id: "message.regenerate",
			title: "Regenerate the last answer",
			group: "Message",
			shortcut: "Mod+R",
			enabled: hasAnswer,
			run: hooks.regenerate,
		},
		{
			id: "message.copy",
			title: "Copy the last answer",
			group: "Message",
			shortcut: "Mod+Shift+C",
			enabled: hasAnswer,
			run: hooks.copyAnswer,
		},
	];
}

function ofConversation({ thread, rename }: ChatHooks): Action[] {
	const enabled = () => thread.id !== null;
	const withId = (work: (id: string) => void) => () => {
		if (thread.id !== null) work(thread.id);
	};
	return [
		{
			id: "chat.rename",
			title: "Rename this chat",
			group: "Chat",
			shortcut: "F2",
			enabled,
			run: withId(rename),
		},
		{
			id: "chat.export.markdown",
			title: "Export this chat as Markdown",
			group: "Chat",
			enabled,
			run: withId((id) => void chat.export(id, "markdown")),
		},
		{
			id: "chat.export.json",
			title: "Export this chat as JSON",
			group: "Chat",
			enabled,
			run: withId((id) => void chat.export(id, "json")),
		},
		{
			id: "chat.delete",
			title: "Delete this chat",
			group: "Chat",
			enabled,
			run: withId((id) => void chat.remove(id)),
		},
	];
}
