// One conversation: its messages, the answer being written, its draft and its options.

import {
	backend,
	toProblem,
	type AnswerEvent,
	type Conversation,
	type Link,
	type Options,
	type Problem,
	type Message,
	type OnAnswerEvent,
	type Rating,
	type Review,
} from "$lib/backend";
import { models } from "$lib/state/models.svelte";
import { toast } from "$lib/state/toasts.svelte";
import { Turns } from "$lib/turns";

import { SvelteMap } from "svelte/reactivity";
import type { VirtualizerHandle } from "virtua/svelte";

import { Edit } from "./edit.svelte";
import { LiveAnswer } from "./live-answer.svelte";
import { Mistakes } from "./mistakes.svelte";
import { defaultSampling } from "./options/sampling";
import { DraftPictures } from "./pictures.svelte";
import { Refusal, type Asked } from "./refusal.svelte";
import { newMessage } from "./turn";

const saveDraftAfterMs = 400;
/** So often is an answer read again of which this page hears nothing. */
const readUnseenAfterMs = 1000;

/** The options of a new chat until the person chooses others. */
const untouched: Options = {
	systemPrompt: "",
	sampling: defaultSampling,
	modelId: null,
	elsewhere: null,
};

const elsewhereWhileAnswering: Problem = {
	code: "busy",
	message: "What was found lies in another version of this chat, which is being answered now.",
	hint: null,
};

/** The measured heights of the messages, as the list gives and takes them. */
type Sizes = ReturnType<VirtualizerHandle["getCache"]>;

/** Where the person had scrolled to, kept while another conversation is shown. */
export type ScrollPlace = { offset: number; atEnd: boolean; sizes: Sizes | undefined };

/** A message to bring into view; one that was searched for is also marked. */
export type Target = { messageId: string; isFound: boolean };

/** What a thread tells the chat it belongs to. */
export type ThreadHost = {
	/** An answer began: the host has noted which model was used. */
	begun: () => void;
	/** A new chat became a conversation. */
	created: (thread: Thread) => void;
	/** The first message of a new chat was not taken: it is the draft of the conversation made for it. */
	refused: () => void;
	/** An answer came to its end. */
	ended: (answer: Message) => void;
};

export class Thread {
	/** Null until a new chat gets its first message. */
	id = $state<string | null>(null);
	conversation = $state.raw<Conversation | null>(null);
	/** The shown branch, root first; null until it was read. */
	messages = $state.raw<Message[] | null>(null);
	live = $state.raw<LiveAnswer | null>(null);
	draft = $state("");
	/** As the person wants them; `saveOptions` has the host keep them. */
	options = $state.raw<Options>(untouched);
	/** Grows when the host has kept other options. */
	optionsSaved = $state(0);
	/** What was found by mistake. */
	readonly mistakes = new Mistakes(() => this.refusal.forget());
	/** The models are being chosen that are to answer together. */
	isComparing = $state(false);
	/** Why the conversation could not be opened. */
	openError = $state.raw<Problem | null>(null);
	/** Why the last request was not even begun. */
	readonly refusal = new Refusal();
	/** What is shown with the message that is being typed. */
	readonly pictures = new DraftPictures(
		() => this.id,
		() => this.refusal.meetOther(),
	);
	/** Questions that a person is wording anew, by their identifiers. */
	readonly edits = new SvelteMap<string, Edit>();
	/** Brought into view once, then null again. */
	target = $state.raw<Target | null>(null);
	scroll: ScrollPlace | null = null;
	/** When it was last changed, as far as is known here; null after a change made here. */
	seenMs: number | null = null;

	#asking = $state(false);
	/** Several models answer, one after the other. */
	#several = $state(false);
	/** Options that the host does not have yet. */
	#unsaved: Partial<Options> = {};
	/** What reads and writes the conversation, so that the newest state comes last. */
	#turns = new Turns();
	#host: ThreadHost;
	#draftTimer: ReturnType<typeof setTimeout> | undefined;
	#unseenTimer: ReturnType<typeof setTimeout> | undefined;

	constructor(id: string | null, host: ThreadHost) {
		this.id = id;
		this.#host = host;
	}

	/** An answer is asked for or being written. */
	get answering(): boolean {
		return this.#asking || this.#several || this.live !== null;
	}

	/** The newest answer, where this page hears nothing of it: it was begun before it, or by another process. */
	get unseen(): Message | null {
		const last = this.messages?.at(-1);
		return !this.answering && last?.state === "streaming" ? last : null;
	}

	get isEmpty(): boolean {
		return this.messages?.length === 0;
	}

	/** Everything in it but the draft can be read from the host again. */
	get canBeForgotten(): boolean {
		return !this.answering && this.edits.size === 0 && !this.#hasUnsaved;
	}

	get #hasUnsaved(): boolean {
		return Object.keys(this.#unsaved).length > 0;
	}

	/** Read it from the host; also again, when it was changed elsewhere. */
	async open(): Promise<void> {
		if (this.answering) return;
		this.openError = null;
		try {
			const { id } = this;
			if (id === null) {
				this.messages = [];
				[this.draft] = await Promise.all([backend.newChatDraft(), this.pictures.read()]);
				return;
			}
			const { conversation, messages } = await this.#turns.take(() => backend.openConversation(id));
			if (this.answering) return;
			if (this.conversation === null) {
				this.draft = conversation.draft;
				await this.pictures.read();
			}
			this.#takeConversation(conversation);
			this.seenMs = conversation.updatedAtMs;
			this.messages = messages;
			clearTimeout(this.#unseenTimer);
			if (this.unseen) this.#unseenTimer = setTimeout(() => void this.open(), readUnseenAfterMs);
		} catch (thrown) {
			this.openError = toProblem(thrown);
		}
	}

	/**
	 * Read it again if it was changed elsewhere: by the command line, or in another window. An answer that
	 * is written there goes on and ends without a new time of change.
	 */
	async keepUp(updatedAtMs: number): Promise<void> {
		if (this.answering || this.messages === null) return;
		const isWrittenElsewhere = this.messages.some(({ state }) => state === "streaming");
		if (this.seenMs === null && !isWrittenElsewhere) this.seenMs = updatedAtMs;
		else if (this.seenMs !== updatedAtMs || isWrittenElsewhere) await this.open();
	}

	/** Ask something; the text stays in the draft if the host does not take it. */
	async send(
		text: string,
		review: Review = "not_asked",
		shown: string[] = this.pictures.ids,
	): Promise<void> {
		await this.#say(
			text,
			shown,
			(id, onEvent) => backend.sendMessage(id, text, shown, review, onEvent),
			(now) => this.send(text, now, shown),
		);
	}

	/** Ask several models; each writes a version of the answer. */
	async compare(
		text: string,
		models: Link[],
		review: Review = "not_asked",
		shown: string[] = this.pictures.ids,
	): Promise<void> {
		await this.#say(
			text,
			shown,
			async (id, onEvent) => {
				this.#several = true;
				try {
					const whyNot = await backend.compareModels(id, text, shown, models, review, onEvent);
					for (const problem of whyNot) if (problem) toast(problem.message);
				} finally {
					this.#several = false;
				}
			},
			(now) => this.compare(text, models, now, shown),
			models,
		);
	}

	/** Something new at the end; the text stays in the draft if the host does not take it. */
	async #say(
		text: string,
		shown: string[],
		request: (id: string, onEvent: OnAnswerEvent) => Promise<void>,
		repeat: Asked["repeat"],
		models?: Link[],
	): Promise<void> {
		if (this.answering) return;
		const isFirst = this.id === null;
		this.setDraft("");
		this.pictures.hide();
		const turn = () =>
			newMessage(this.id, this.options.elsewhere ?? null, text, shown, this.mistakes.ofNewChat);
		const asked = await this.#ask(
			async (onEvent) => {
				const id = this.id ?? (await this.#create());
				await this.mistakes.keep({ type: "say", conversation: id, text, pictures: [] });
				await request(id, onEvent);
			},
			{ turn, models, repeat },
		);
		if (asked) return;
		await this.pictures.read().catch(() => undefined);
		// What was typed meanwhile stays as well, and is not what the person was asked about.
		if (this.draft !== "") this.refusal.review = null;
		this.#keepDraft([text, this.draft].filter(Boolean).join("\n\n"));
		if (!isFirst || this.id === null) return;
		await this.saveDraft();
		this.#host.refused();
	}

	/** Another answer beside this one. */
	async regenerate(answerId: string, review: Review = "not_asked"): Promise<void> {
		await this.#ask((onEvent) => backend.regenerate(answerId, review, onEvent), {
			turn: () => ({ type: "again", answer: answerId }),
			repeat: (now) => this.regenerate(answerId, now),
		});
	}

	/** Open a question for another wording; what was typed there before is still there. */
	startEdit({ id, text }: Message): void {
		this.edits.set(id, new Edit(this.edits.get(id)?.text ?? text));
	}

	/** Open the last question for another wording, and bring it into view. */
	editLast(): void {
		const last = this.messages?.findLast(({ role }) => role === "user");
		if (!last || this.answering) return;
		this.startEdit(last);
		this.target = { messageId: last.id, isFound: false };
	}

	/** Another wording beside this question, and its answer; `onBegun` once the host took it. */
	async edit(
		questionId: string,
		text: string,
		onBegun: () => void,
		review: Review = "not_asked",
	): Promise<void> {
		const edit = this.edits.get(questionId);
		if (edit) edit.isAsked = true;
		await this.#ask(
			(onEvent) =>
				backend.editMessage(questionId, text, review, (event) => {
					onEvent(event);
					if (event.type !== "begun") return;
					this.edits.delete(questionId);
					onBegun();
				}),
			{
				turn: () => ({ type: "edit", question: questionId, text }),
				repeat: (now) => this.edit(questionId, text, onBegun, now),
			},
		);
		if (edit) edit.isAsked = false;
	}

	async stop(): Promise<void> {
		if (this.id !== null && this.answering) await backend.stopAnswer(this.id);
	}

	/** Stop an answer of which this page hears nothing. */
	async stopUnseen({ call }: Message): Promise<void> {
		try {
			if (call !== null) await backend.stopCall(call.number);
		} catch (thrown) {
			// It has ended meanwhile.
			if (toProblem(thrown).code !== "not_found") throw thrown;
			await this.open();
		}
	}

	/** Bring a message into view, on whichever branch it lies. */
	async show(messageId: string): Promise<void> {
		if (!this.messages?.some(({ id }) => id === messageId)) {
			if (this.answering) throw elsewhereWhileAnswering;
			await this.switchTo(messageId);
		}
		this.target = { messageId, isFound: true };
	}

	/** Show another version of a message, with what was said after it. */
	async switchTo(messageId: string): Promise<void> {
		if (this.answering) return;
		const { conversation, messages } = await this.#turns.take(() =>
			backend.switchBranch(messageId),
		);
		this.#takeConversation(conversation);
		this.messages = messages;
	}

	async rate(messageId: string, rating: Rating | null): Promise<void> {
		await backend.rateMessage(messageId, rating);
		this.#change(messageId, (message) => ({ ...message, rating }));
		this.seenMs = null;
	}

	/** Change some options; call `saveOptions` when the person is done with it. */
	changeOptions(change: Partial<Options>): void {
		this.#unsaved = { ...this.#unsaved, ...change };
		this.options = { ...this.options, ...change };
	}

	/**
	 * Have the host keep the options; those of a new chat wait for its first message. Rejects if the
	 * host refuses: they stay as the person wants them, and nothing is asked until they are kept.
	 */
	saveOptions(): Promise<void> {
		return this.#turns.take(async () => {
			if (this.id === null || !this.#hasUnsaved) return;
			const sent = this.#unsaved;
			this.#unsaved = {};
			const { modelId } = this.options;
			// The host knows nothing of a model that was removed since.
			const options = { ...this.options, modelId: models.wasRemoved(modelId) ? null : modelId };
			try {
				this.#takeConversation(await backend.setConversationOptions(this.id, options));
				this.optionsSaved += 1;
			} catch (thrown) {
				this.#unsaved = { ...sent, ...this.#unsaved };
				throw thrown;
			}
		});
	}

	/** Keep what is being typed; written to the host when the typing pauses. */
	setDraft(text: string): void {
		this.refusal.meet(text);
		this.#keepDraft(text);
	}

	#keepDraft(text: string): void {
		this.draft = text;
		clearTimeout(this.#draftTimer);
		this.#draftTimer = setTimeout(() => void this.saveDraft(), saveDraftAfterMs);
	}

	/** Write the draft now. A draft that cannot be kept is not worth interrupting anyone. */
	async saveDraft(): Promise<void> {
		if (this.#draftTimer === undefined) return;
		clearTimeout(this.#draftTimer);
		this.#draftTimer = undefined;
		await backend.saveDraft(this.id, this.draft).catch(() => undefined);
	}

	async #create(): Promise<string> {
		const conversation = await backend.createConversation();
		this.#takeConversation(conversation);
		this.id = conversation.id;
		this.#host.created(this);
		await this.#keepOptions();
		return conversation.id;
	}

	/** Before anything is asked: the answer must be the one these options give. */
	async #keepOptions(): Promise<void> {
		try {
			await this.saveOptions();
		} catch (thrown) {
			const problem = toProblem(thrown);
			const message = `The options of this chat could not be saved, so nothing was sent. ${problem.message}`;
			throw { ...problem, message } satisfies Problem;
		}
	}

	/** True if the answer was begun. */
	async #ask(request: (onEvent: OnAnswerEvent) => Promise<void>, asked: Asked): Promise<boolean> {
		if (this.answering) return false;
		let begun = false;
		this.refusal.forget();
		this.#asking = true;
		try {
			await this.#keepOptions();
			await request((event) => {
				begun ||= event.type === "begun";
				this.#take(event);
			});
		} catch (thrown) {
			const error = toProblem(thrown);
			if (error.code !== "cancelled") this.refusal.take(error, asked);
		} finally {
			this.#asking = false;
		}
		return begun;
	}

	#take(event: AnswerEvent): void {
		if (event.type === "begun") return this.#begin(event.question, event.answer);
		const live = this.live;
		if (!live) return;
		if (event.type === "text") live.add(event.text, event.tokens);
		else if (event.type === "loading") live.phase = { kind: "loading", fraction: event.fraction };
		else if (event.type === "waiting") live.phase = { kind: "waiting" };
		else if (event.type === "reading") live.phase = { kind: "reading", ...event };
		else if (event.type === "started") live.droppedMessages = event.droppedMessages;
		else if (event.type === "moved") live.move(event);
		else if (event.type === "thinking") live.think(event.text);
		else this.#end(live, event.answer);
	}

	/** The new branch takes the place of everything after its parent. */
	#begin(question: Message | null, answer: Message): void {
		const first = question ?? answer;
		const shown = this.messages ?? [];
		const parent = shown.findIndex((message) => message.id === first.parentId);
		const added = question ? [question, answer] : [answer];
		this.messages = [...shown.slice(0, parent + 1), ...added];
		this.live = new LiveAnswer(answer);
		this.#host.begun();
		if (this.conversation?.modelId === null) void this.#readModel(this.conversation.id);
	}

	/** With its first answer a conversation gets the model that writes it. */
	async #readModel(id: string): Promise<void> {
		try {
			await this.#turns.take(async () => {
				this.#takeConversation((await backend.openConversation(id)).conversation);
			});
		} catch {
			// It only shows another model until it is opened again, where a failure is told.
		}
	}

	#end(live: LiveAnswer, answer: Message): void {
		live.flush();
		this.#change(answer.id, () => answer);
		this.live = null;
		this.#asking = false;
		this.seenMs = null;
		this.#host.ended(answer);
	}

	#change(messageId: string, change: (message: Message) => Message): void {
		this.messages = (this.messages ?? []).map((message) =>
			message.id === messageId ? change(message) : message,
		);
	}

	#takeConversation(conversation: Conversation): void {
		const { systemPrompt, sampling, modelId, elsewhere } = conversation;
		this.conversation = conversation;
		this.options = { systemPrompt, sampling, modelId, elsewhere, ...this.#unsaved };
	}
}
