// The fake host's conversations: a tree of messages each, and answers that stream.

import type { Backend, OnAnswerEvent } from "../backend";
import type {
	Conversation,
	ConversationSummary,
	Elsewhere,
	Problem,
	Message,
	Mistake,
	Picture,
	Preset,
	SearchHit,
	Thread,
	Total,
	Turn,
} from "../bindings";
import type { Question } from "./away";
import type { AwayPart } from "./gate";
import { sampleAnswer, sampleCall, sampleChats, sampleSampling } from "./samples";

type Chat = Conversation & {
	messages: Map<string, Message>;
	leaf: string | null;
	deleted: boolean;
};

export type ChatsOptions = {
	now: () => number;
	/** Between two pieces of an answer. */
	pause: () => Promise<void>;
	/** Start without any conversation. */
	empty: boolean;
	/** Also a conversation of this many messages. */
	longChat: number;
	/** What the next answer ends with instead of done. */
	answerError: () => Problem | null;
	changed: (id: string | null) => void;
	/** The model of an answer that begins, which is then the one used last. */
	route: (own: string | null) => string;
	/** What answers in place of a model on this computer, where nothing was chosen. */
	defaultElsewhere: () => Elsewhere | null;
	/** The workspace that is open. */
	workspace: () => string;
	/** What is said of an answer that was to be written elsewhere. */
	away: AwayPart["call"];
	/** The pictures of a draft, which a message shows from now on. */
	pictures: (ids: string[]) => Picture[];
	/** Marks the engine as busy or idle. */
	answering: (modelId: string, busy: boolean) => void;
};

const notFound: Problem = {
	code: "not_found",
	message: "There is no such conversation.",
	hint: null,
};

export type ChatsPart = Pick<
	Backend,
	| "listConversations"
	| "searchConversations"
	| "createConversation"
	| "openConversation"
	| "renameConversation"
	| "deleteConversation"
	| "restoreConversation"
	| "setConversationOptions"
	| "sendMessage"
	| "compareModels"
	| "overruleFinding"
	| "takeBackMistake"
	| "regenerate"
	| "editMessage"
	| "stopAnswer"
	| "switchBranch"
	| "rateMessage"
	| "exportConversation"
	| "importConversations"
	| "saveDraft"
	| "newChatDraft"
	| "countTokens"
	| "listPresets"
	| "savePreset"
	| "deletePreset"
>;

/** For the fake host's account of what would leave. */
export type AskedPart = {
	/** What a turn says, and what its conversation has answer it. */
	asked: (turn: Turn) => Question;
};

/** For the fake host's account of a person. */
export type ErasablePart = {
	all: () => {
		id: string;
		title: string | null;
		workspaceId: string;
		updatedAtMs: number;
		messages: Message[];
	}[];
	erase: (ids: string[]) => void;
	/** These words, or the whole messages that they stand in. */
	takeOut: (words: string[], wholeMessages: boolean) => void;
};

function totalOf(messages: Message[]): Total {
	const costs = messages.flatMap(({ call }) => (call ? [call.cost] : []));
	const known = costs.reduce((sum, cost) => sum + Number(cost?.slice(1) ?? 0), 0);
	return {
		known: `$${Number(known.toFixed(12))}`,
		estimated: messages.filter(({ call }) => call?.measured === false).length,
		unknown: costs.filter((cost) => cost === null).length,
	};
}

export function fakeChats(
	options: ChatsOptions,
): ChatsPart & AskedPart & { erasable: ErasablePart } {
	const chats = new Map<string, Chat>();
	const presets = new Map<string, Preset>();
	const stopping = new Set<string>();
	let newDraft = "";
	let ids = 0;
	let calls = 4180;
	const id = (kind: string) => `${kind}-${++ids}`;

	function addChat(title: string | null, atMs: number): Chat {
		const chat: Chat = {
			id: id("chat"),
			title,
			createdAtMs: atMs,
			updatedAtMs: atMs,
			systemPrompt: "",
			sampling: { ...sampleSampling },
			modelId: null,
			elsewhere: null,
			workspaceId: options.workspace(),
			draft: "",
			messages: new Map(),
			leaf: null,
			deleted: false,
		};
		chats.set(chat.id, chat);
		return chat;
	}

	function addMessage(chat: Chat, parentId: string | null, part: Partial<Message>): Message {
		const message: Message = {
			id: id("message"),
			parentId,
			role: "user",
			text: "",
			state: "done",
			error: null,
			createdAtMs: options.now(),
			rating: null,
			siblings: [],
			call: null,
			writtenBy: null,
			pictures: [],
			...part,
		};
		chat.messages.set(message.id, message);
		chat.leaf = message.id;
		return message;
	}

	function fill(chat: Chat, turns: Iterable<string>, atMs: number): void {
		let parent: string | null = null;
		let asking = true;
		for (const text of turns) {
			const call = asking ? null : sampleCall(++calls, Math.ceil(text.length / 4));
			const role = asking ? "user" : "assistant";
			parent = addMessage(chat, parent, { role, text, call, createdAtMs: atMs }).id;
			asking = !asking;
		}
	}

	function* manyTurns(count: number): Generator<string> {
		for (let n = 1; n <= count; n += 2) {
			yield `Question ${n.toLocaleString("en")}: what does clause ${n} mean?`;
			yield n % 40 === 1
				? sampleAnswer
				: `Clause ${n} says that **both sides** keep a copy. ${"It holds until one of them ends it in writing. ".repeat(n % 5)}`;
		}
	}

	if (!options.empty) {
		for (const { title, daysAgo, turns } of sampleChats) {
			const atMs = options.now() - daysAgo * 86_400_000;
			fill(addChat(title, atMs), turns, atMs);
		}
		if (options.longChat > 0) {
			const atMs = options.now() - 2 * 86_400_000;
			fill(addChat("A very long conversation", atMs), manyTurns(options.longChat), atMs);
		}
	}

	function chat(chatId: string): Chat {
		const found = chats.get(chatId);
		if (!found) throw notFound;
		return found;
	}

	function chatOf(messageId: string): [Chat, Message] {
		for (const candidate of chats.values()) {
			const message = candidate.messages.get(messageId);
			if (message) return [candidate, message];
		}
		throw notFound;
	}

	function branch(of: Chat): Message[] {
		const siblings = new Map<string | null, string[]>();
		for (const { id, parentId } of of.messages.values()) {
			const known = siblings.get(parentId);
			if (known) known.push(id);
			else siblings.set(parentId, [id]);
		}
		const shown: Message[] = [];
		for (let at = of.leaf; at !== null;) {
			const message = of.messages.get(at);
			if (!message) break;
			shown.push({ ...message, siblings: siblings.get(message.parentId) ?? [] });
			at = message.parentId;
		}
		return shown.reverse();
	}

	const conversation = (of: Chat): Conversation => ({
		id: of.id,
		title: of.title,
		createdAtMs: of.createdAtMs,
		updatedAtMs: of.updatedAtMs,
		systemPrompt: of.systemPrompt,
		sampling: of.sampling,
		modelId: of.modelId,
		elsewhere: of.elsewhere,
		workspaceId: of.workspaceId,
		draft: of.draft,
	});
	const thread = (of: Chat): Thread => ({ conversation: conversation(of), messages: branch(of) });
	const withSiblings = (of: Chat, messageId: string): Message =>
		branch(of).find((message) => message.id === messageId) ?? chatOf(messageId)[1];

	function summary(of: Chat): ConversationSummary {
		const messages = branch(of);
		return {
			id: of.id,
			title: of.title,
			createdAtMs: of.createdAtMs,
			updatedAtMs: of.updatedAtMs,
			messageCount: messages.length,
			model: messages.findLast((message) => message.call)?.call?.model ?? null,
			route: messages.findLast((message) => message.call)?.call?.route ?? "local",
			total: totalOf([...of.messages.values()]),
			preview: messages.at(-1)?.text.slice(0, 120) ?? of.draft,
		};
	}

	async function answer(
		of: Chat,
		question: Message,
		isNew: boolean,
		onEvent: OnAnswerEvent,
	): Promise<void> {
		stopping.delete(of.id);
		const modelId = options.route(of.modelId);
		if (of.elsewhere === null) of.modelId = modelId;
		const error = options.answerError();
		const row = addMessage(of, question.id, { role: "assistant", state: "streaming" });
		of.updatedAtMs = options.now();
		const number = ++calls;
		const away = options.away(number, of.elsewhere, question.text);
		// The call is begun with the rows, and says where the message goes.
		row.call = { ...sampleCall(number, 0), ...away.call, moves: away.moves, alias: away.alias };
		onEvent({
			type: "begun",
			question: isNew ? withSiblings(of, question.id) : null,
			answer: withSiblings(of, row.id),
		});
		options.answering(modelId, true);
		if (away.moves.length > 0) {
			const to = away.call?.model ?? "SmolLM2 135M";
			onEvent({ type: "moved", moves: away.moves, to, route: row.call.route });
			await options.pause();
		}
		for (const read of [0, 64, 128, 186]) {
			onEvent({ type: "reading", read, total: 186 });
			await options.pause();
		}
		onEvent({ type: "started", promptTokens: 186, cachedTokens: 142, droppedMessages: 0 });
		let tokens = 0;
		const pieces = sampleAnswer.match(/\s*\S+/g) ?? [];
		for (const text of error ? pieces.slice(0, 12) : pieces) {
			if (stopping.has(of.id)) break;
			row.text += text;
			onEvent({ type: "text", text, tokens: ++tokens });
			await options.pause();
		}
		const stopped = stopping.delete(of.id);
		row.state = error ? "failed" : stopped ? "stopped" : "done";
		row.error = error;
		row.call = {
			...sampleCall(number, tokens),
			...away.call,
			moves: away.moves,
			alias: away.alias,
			finish: error ? null : stopped ? "cancelled" : "end_of_answer",
		};
		of.updatedAtMs = options.now();
		options.answering(modelId, false);
		onEvent({ type: "ended", answer: withSiblings(of, row.id) });
		if (of.title === null) of.title = question.text.slice(0, 40);
		options.changed(of.id);
	}

	/** What was called a mistake of the inspection, by conversation. */
	const mistakes = new Map<string, Mistake[]>();
	function mistakesIn(conversation: string): Mistake[] {
		const known = mistakes.get(conversation) ?? [];
		mistakes.set(conversation, known);
		return known;
	}

	/** As chosen for a conversation, else by the settings. */
	const elsewhereOf = (of: Chat) =>
		of.elsewhere ?? (of.modelId === null ? options.defaultElsewhere() : null);

	function asked(turn: Turn): Question {
		if (turn.type === "new") {
			return {
				elsewhere: turn.elsewhere ?? options.defaultElsewhere(),
				text: turn.text,
				pictures: turn.pictures.length,
				mistakes: turn.mistakes,
			};
		}
		if (turn.type === "say") {
			return {
				elsewhere: elsewhereOf(chat(turn.conversation)),
				text: turn.text,
				pictures: turn.pictures.length,
				mistakes: mistakesIn(turn.conversation),
			};
		}
		if (turn.type === "edit") {
			const [of, { pictures }] = chatOf(turn.question);
			return {
				elsewhere: elsewhereOf(of),
				text: turn.text,
				pictures: pictures.length,
				mistakes: mistakesIn(of.id),
			};
		}
		const [of, answer] = chatOf(turn.answer);
		const question = of.messages.get(answer.parentId ?? "");
		if (!question) throw notFound;
		return {
			elsewhere: elsewhereOf(of),
			text: question.text,
			pictures: question.pictures.length,
			mistakes: mistakesIn(of.id),
		};
	}

	function search(query: string): SearchHit[] {
		const wanted = query.trim().toLowerCase();
		if (!wanted) return [];
		const hits: SearchHit[] = [];
		const hit = (of: Chat, messageId: string | null, text: string, atMs: number) => {
			const at = text.toLowerCase().indexOf(wanted);
			if (at < 0) return;
			const from = Math.max(0, at - 40);
			hits.push({
				conversationId: of.id,
				messageId,
				title: of.title,
				atMs,
				snippet: [
					{ text: (from > 0 ? "…" : "") + text.slice(from, at), hit: false },
					{ text: text.slice(at, at + wanted.length), hit: true },
					{ text: text.slice(at + wanted.length, at + wanted.length + 60), hit: false },
				],
			});
		};
		for (const of of chats.values()) {
			if (of.deleted) continue;
			hit(of, null, of.title ?? "", of.updatedAtMs);
			for (const message of of.messages.values()) {
				hit(of, message.id, message.text, message.createdAtMs);
			}
		}
		return hits.slice(0, 50);
	}

	const without = (text: string, words: string[]) =>
		words.reduce((left, word) => left.split(word).join("[erased]"), text);
	const erasable: ErasablePart = {
		all: () =>
			[...chats.values()].map(({ id, title, workspaceId, updatedAtMs, messages }) => ({
				id,
				title,
				workspaceId,
				updatedAtMs,
				messages: [...messages.values()],
			})),
		erase: (ids) => {
			for (const id of ids) chats.delete(id);
			options.changed(null);
		},
		takeOut: (words, wholeMessages) => {
			for (const of of chats.values()) {
				of.title = of.title && without(of.title, words);
				for (const message of of.messages.values()) {
					const isTouched = without(message.text, words) !== message.text;
					message.text = wholeMessages && isTouched ? "[erased]" : without(message.text, words);
				}
			}
			options.changed(null);
		},
	};

	return {
		asked,
		erasable,
		listConversations: async () =>
			[...chats.values()]
				.filter((of) => !of.deleted && of.workspaceId === options.workspace())
				.filter((of) => of.messages.size > 0 || of.draft !== "")
				.sort((a, b) => b.updatedAtMs - a.updatedAtMs)
				.map(summary),
		searchConversations: async (query) => search(query),
		createConversation: async () => {
			const created = addChat(null, options.now());
			return conversation(created);
		},
		openConversation: async (chatId) => thread(chat(chatId)),
		renameConversation: async (chatId, title) => {
			chat(chatId).title = title;
			options.changed(chatId);
		},
		deleteConversation: async (chatId) => {
			chat(chatId).deleted = true;
			options.changed(chatId);
		},
		restoreConversation: async (chatId) => {
			chat(chatId).deleted = false;
			options.changed(chatId);
		},
		setConversationOptions: async (chatId, change) =>
			conversation(Object.assign(chat(chatId), change)),
		sendMessage: async (chatId, text, shown, _review, onEvent) => {
			const of = chat(chatId);
			if (of.messages.size === 0) newDraft = "";
			of.draft = "";
			const pictures = options.pictures(shown);
			await answer(of, addMessage(of, of.leaf, { text, pictures }), true, onEvent);
		},
		compareModels: async (chatId, text, shown, links, _review, onEvent) => {
			const of = chat(chatId);
			if (of.messages.size === 0) newDraft = "";
			of.draft = "";
			const question = addMessage(of, of.leaf, { text, pictures: options.pictures(shown) });
			const { elsewhere } = of;
			for (const [nth, link] of links.entries()) {
				of.elsewhere = link.type === "account" ? link : null;
				await answer(of, question, nth === 0, onEvent);
			}
			of.elsewhere = elsewhere;
			return links.map(() => null);
		},
		overruleFinding: async (turn, mistake) => {
			if (turn.type === "say") mistakesIn(turn.conversation).push(mistake);
		},
		takeBackMistake: async (turn, mistake) => {
			if (turn.type !== "say") return;
			const left = mistakesIn(turn.conversation).filter(({ text }) => text !== mistake.text);
			mistakes.set(turn.conversation, left);
		},
		regenerate: async (messageId, _review, onEvent) => {
			const [of, old] = chatOf(messageId);
			const question = of.messages.get(old.parentId ?? "");
			if (!question) throw notFound;
			await answer(of, question, false, onEvent);
		},
		editMessage: async (messageId, text, _review, onEvent) => {
			const [of, old] = chatOf(messageId);
			const { pictures } = old;
			await answer(of, addMessage(of, old.parentId, { text, pictures }), true, onEvent);
		},
		stopAnswer: async (chatId) => void stopping.add(chatId),
		switchBranch: async (messageId) => {
			const [of] = chatOf(messageId);
			let leaf = messageId;
			for (const message of of.messages.values()) if (message.parentId === leaf) leaf = message.id;
			of.leaf = leaf;
			return thread(of);
		},
		rateMessage: async (messageId, rating) => void (chatOf(messageId)[1].rating = rating),
		exportConversation: async (chatId, format) =>
			`/home/ada/Documents/${chat(chatId).title ?? "Chat"}.${format === "json" ? "json" : "md"}`,
		importConversations: async () => {
			const imported = addChat("Imported conversation", options.now());
			fill(imported, ["What is this?", "A conversation from a file."], options.now());
			options.changed(imported.id);
			return { conversations: [imported.id], pastRule: [] };
		},
		saveDraft: async (chatId, text) => {
			if (chatId === null) newDraft = text;
			else chat(chatId).draft = text;
		},
		newChatDraft: async () => newDraft,
		countTokens: async (_modelId, text) => ({ tokens: Math.ceil(text.length / 4), exact: true }),
		listPresets: async () => [...presets.values()],
		savePreset: async (name, systemPrompt, sampling) => {
			const preset = { id: id("preset"), name, systemPrompt, sampling };
			presets.set(preset.id, preset);
			return preset;
		},
		deletePreset: async (presetId) => void presets.delete(presetId),
	};
}
