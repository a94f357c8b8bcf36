// What the chat screen adds to the command palette and the keyboard.

import type { Action } from "$lib/actions";
import type { Message, Rating } from "$lib/backend";
import { toastError } from "$lib/state/toasts.svelte";

import { chat } from "./chat.svelte";
import { pickable } from "./pickable";
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
		...ofDeleted(),
		...ofConversation(hooks),
		{
			id: "message.stop",
			title: "Stop the answer",
			group: "Message",
			shortcut: "Escape",
			enabled: () => thread.answering || thread.unseen !== null,
			run: () => {
				const stopped = thread.unseen ? thread.stopUnseen(thread.unseen) : thread.stop();
				stopped.catch(toastError);
			},
		},
		{
			id: "message.regenerate",
			title: "Regenerate the last answer",
			group: "Message",
			shortcut: "Mod+R",
			enabled: () => endedAnswer(thread) !== undefined,
			run: hooks.regenerate,
		},
		{
			id: "message.copy",
			title: "Copy the last answer",
			group: "Message",
			shortcut: "Mod+Shift+C",
			enabled: () => lastAnswer(thread) !== undefined,
			run: hooks.copyAnswer,
		},
		{
			id: "message.edit",
			title: "Edit the last question",
			group: "Message",
			keywords: "change wording ask again",
			enabled: () => lastQuestion(thread) !== undefined,
			run: () => thread.editLast(),
		},
		{
			id: "message.compare",
			title: "Ask several models what is written",
			group: "Message",
			keywords: "compare versions",
			enabled: () => pickable() > 1 && !thread.answering && thread.draft.trim() !== "",
			run: () => (thread.isComparing = true),
		},
		...ratings(thread),
		...versions(thread, "answer", lastAnswer),
		...versions(thread, "question", lastQuestion),
	];
}

/** The newest message, if it is an answer, and not one that is heard as it is written. */
function lastAnswer({ messages, answering }: Thread): Message | undefined {
	const last = messages?.at(-1);
	return last?.role === "assistant" && !answering ? last : undefined;
}

/** The newest message, if it is an answer that has ended. */
function endedAnswer(thread: Thread): Message | undefined {
	const last = lastAnswer(thread);
	return last?.state === "streaming" ? undefined : last;
}

/** The newest question, while nothing is being answered. */
function lastQuestion({ messages, answering }: Thread): Message | undefined {
	return answering ? undefined : messages?.findLast(({ role }) => role === "user");
}

function ratings(thread: Thread): Action[] {
	const titles: [Rating | null, string][] = [
		["good", "Rate the last answer as good"],
		["bad", "Rate the last answer as bad"],
		[null, "Take back the rating of the last answer"],
	];
	return titles.map(([rating, title]) => ({
		id: `message.rate.${rating ?? "none"}`,
		title,
		group: "Message",
		keywords: "thumb up down",
		enabled: () => {
			const answer = endedAnswer(thread);
			return answer !== undefined && answer.rating !== rating;
		},
		run: () => {
			const answer = endedAnswer(thread);
			if (answer) thread.rate(answer.id, rating).catch(toastError);
		},
	}));
}

/** To the version before and after the one shown of the last answer or question. */
function versions(
	thread: Thread,
	name: string,
	last: (thread: Thread) => Message | undefined,
): Action[] {
	const steps: [-1 | 1, string][] = [
		[-1, "Previous"],
		[1, "Next"],
	];
	return steps.map(([by, step]) => {
		const version = () => {
			const message = last(thread);
			return message?.siblings[message.siblings.indexOf(message.id) + by];
		};
		return {
			id: `message.${name}.${step.toLowerCase()}`,
			title: `${step} version of the last ${name}`,
			group: "Message",
			keywords: "branch switch",
			enabled: () => version() !== undefined,
			run: () => {
				const id = version();
				if (id !== undefined) thread.switchTo(id).catch(toastError);
			},
		};
	});
}

/** While it can be had back, which is longer than its message stands. */
function ofDeleted(): Action[] {
	const { deleted } = chat;
	if (deleted === null) return [];
	return [
		{
			id: "chat.restore",
			title: `Undo: bring “${deleted.title}” back`,
			group: "Chat",
			keywords: "deleted restore",
			run: () => void chat.restore(deleted.id),
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
		{
			id: "chat.archive",
			title: "Make an archive of this chat",
			group: "Chat",
			keywords: "export zip",
			enabled,
			run: withId((id) => chat.archive(id)),
		},
		{
			id: "chat.hold",
			title: "Put this chat on legal hold",
			group: "Chat",
			keywords: "retention keep privacy",
			enabled,
			run: withId((id) => chat.hold(id)),
		},
		{
			id: "chat.erase",
			title: "Erase this chat for good",
			group: "Chat",
			keywords: "destroy privacy",
			enabled,
			run: withId((id) => chat.erase(id)),
		},
	];
}
