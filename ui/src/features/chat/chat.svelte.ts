// The chat screen's state: the list of conversations, the search, and the threads that are open.
// It outlives the screen, so that an answer goes on while another screen is shown.

import {
	backend,
	first,
	toProblem,
	type ConversationSummary,
	type ExportFormat,
	type Problem,
	type Route,
	type SearchHit,
} from "$lib/backend";
import { forgetConversations, go, place, replacePlace } from "$lib/navigation.svelte";
import { pastRuleWords } from "$lib/pastRule";
import { eraseAfterAsking } from "$lib/state/erasing.svelte";
import { holdAfterAsking } from "$lib/state/holding.svelte";
import { refreshModels } from "$lib/state/models.svelte";
import { toast, toastError } from "$lib/state/toasts.svelte";

import { archiveOf } from "../privacy/archive/scope.svelte";
import { plainStart } from "./plain-start";
import { Thread } from "./thread.svelte";
import { titleOf } from "./title";

/** How many threads stay in memory without being shown or written to. */
const keptThreads = 4;
const searchAfterMs = 150;

class Chat {
	/** Newest first; null until it was read. */
	list = $state.raw<ConversationSummary[] | null>(first?.conversations ?? null);
	listError = $state.raw<Problem | null>(null);
	query = $state("");
	/** What the search found; null while nothing is searched for. */
	hits = $state.raw<SearchHit[] | null>(null);
	searchError = $state.raw<Problem | null>(null);
	/** The chat that was deleted last, which can still be had back. */
	deleted = $state.raw<{ id: string; title: string } | null>(null);
	/** What a screen reader should say: an answer that ended. */
	announcement = $state("");
	newThread = $state.raw(new Thread(null, this.#host()));

	#threads = new Map<string, Thread>();
	#searchTimer: ReturnType<typeof setTimeout> | undefined;

	/** The thread of a conversation, or of the new chat. */
	thread(id: string | null): Thread {
		if (id === null) return this.newThread;
		const known = this.#threads.get(id);
		// Asked for last means forgotten last.
		if (known) this.#threads.delete(id);
		const thread = known ?? new Thread(id, this.#host());
		this.#threads.set(id, thread);
		this.#forgetOld();
		return thread;
	}

	/** True while an answer is being written there. */
	isAnswering(id: string): boolean {
		return this.#threads.get(id)?.answering ?? false;
	}

	/** Where the message went that is being answered there; null while none is, or nobody knows. */
	routeNow(id: string): Route | null {
		return this.#threads.get(id)?.live?.route ?? null;
	}

	/** Follow the host until the returned function is called. */
	watch(): () => void {
		const stop = backend.on("conversationsChanged", () => {
			void this.refresh();
			if (this.query.trim()) this.search(this.query);
		});
		// What changes after that is heard.
		backend.listening().then(
			() => this.refresh(),
			(thrown: unknown) => (this.listError = toProblem(thrown)),
		);
		return stop;
	}

	async refresh(): Promise<void> {
		try {
			this.list = await backend.listConversations();
			this.listError = null;
			for (const { id, updatedAtMs } of this.list) void this.#threads.get(id)?.keepUp(updatedAtMs);
		} catch (thrown) {
			this.listError = toProblem(thrown);
		}
	}

	/** Search soon; typing on starts anew. */
	search(query: string): void {
		this.query = query;
		clearTimeout(this.#searchTimer);
		if (!query.trim()) {
			this.hits = null;
			this.searchError = null;
			return;
		}
		this.#searchTimer = setTimeout(() => void this.#searchNow(query), searchAfterMs);
	}

	newChat(): void {
		go("chat", null);
	}

	async rename(id: string, title: string): Promise<void> {
		await this.#try(() => backend.renameConversation(id, title));
	}

	/** Delete with a way back. */
	async remove(id: string): Promise<void> {
		const title = this.titleOf(id);
		await this.#try(async () => {
			await backend.deleteConversation(id);
			this.#threads.delete(id);
			if (place.conversationId === id) replacePlace("chat");
			this.deleted = { id, title };
			toast(`Deleted “${title}”.`, { label: "Undo", run: () => void this.restore(id) });
		});
	}

	/** Erase for good, after what goes was shown and agreed to. */
	erase(id: string): void {
		eraseAfterAsking({
			erasure: { type: "conversation", id },
			name: this.titleOf(id),
			request: null,
		});
	}

	/** Put on legal hold, once the person has said why. */
	hold(id: string): void {
		holdAfterAsking({
			on: { kind: "conversation", conversationId: id },
			name: `“${this.titleOf(id)}”`,
		});
	}

	/** Make an archive of it, on the Privacy screen. */
	archive(id: string): void {
		archiveOf({
			scope: { type: "conversation", conversationId: id },
			name: `The chat “${this.titleOf(id)}”`,
		});
	}

	/** Content was erased: what is kept here of threads and drafts is dropped and read again. */
	async erased(): Promise<void> {
		this.search("");
		// Its title may be what was erased.
		this.deleted = null;
		const shown = place.screen === "chat" ? place.conversationId : null;
		for (const [id, thread] of this.#threads) {
			if (thread.answering) continue;
			if (id === shown) void thread.open();
			else this.#threads.delete(id);
		}
		if (!this.newThread.answering) this.newThread = new Thread(null, this.#host());
		await this.refresh();
		forgetConversations((id) => this.list?.some((summary) => summary.id === id) ?? true);
	}

	async export(id: string, format: ExportFormat): Promise<void> {
		await this.#try(async () => {
			const path = await backend.exportConversation(id, format);
			if (path !== null) toast(`Saved to ${path}`);
		});
	}

	async import(): Promise<void> {
		await this.#try(async () => {
			const imported = await backend.importConversations();
			const ids = imported?.conversations ?? [];
			if (ids[0] === undefined) return;
			toast(ids.length === 1 ? "Imported one chat." : `Imported ${ids.length} chats.`);
			for (const past of imported?.pastRule ?? []) toast(pastRuleWords(past));
			go("chat", ids[0]);
		});
	}

	titleOf(id: string | null): string {
		const summary = this.list?.find((one) => one.id === id);
		return summary ? titleOf(summary) : "New chat";
	}

	/** The conversation before (-1) or after (1) the one shown, in the order of the list. */
	step(by: 1 | -1): void {
		const list = this.list ?? [];
		const at = list.findIndex((summary) => summary.id === place.conversationId);
		const next = list[at < 0 ? 0 : at + by];
		if (next) go("chat", next.id);
	}

	/** Undo a deletion, which the host can until it starts anew. */
	async restore(id: string): Promise<void> {
		await this.#try(async () => {
			await backend.restoreConversation(id);
			if (this.deleted?.id === id) this.deleted = null;
			go("chat", id);
		});
	}

	async #searchNow(query: string): Promise<void> {
		try {
			const hits = await backend.searchConversations(query);
			// Typed on meanwhile: a later search brings its own.
			if (this.query !== query) return;
			this.hits = hits;
			this.searchError = null;
		} catch (thrown) {
			if (this.query === query) this.searchError = toProblem(thrown);
		}
	}

	async #try(work: () => Promise<void>): Promise<void> {
		try {
			await work();
			await this.refresh();
		} catch (thrown) {
			toastError(thrown);
		}
	}

	#host() {
		return {
			created: (thread: Thread) => {
				if (thread.id === null) return;
				this.#threads.set(thread.id, thread);
				if (thread === this.newThread) {
					this.newThread = new Thread(null, this.#host());
					if (place.screen === "chat" && place.conversationId === null) {
						replacePlace("chat", thread.id);
					}
				}
				void this.refresh();
			},
			begun: () => {
				void refreshModels().catch(toastError);
				// Only now has a new chat a message, with which it stands in the list.
				void this.refresh();
			},
			refused: () => void this.#keepRefused(),
			ended: ({ text, state }: { text: string; state: string }) => {
				const how = state === "done" ? "Answer" : "Answer not finished";
				this.announcement = `${how}: ${plainStart(text)}`;
				void this.refresh();
			},
		};
	}

	/** By its draft the conversation stands in the list, and the text is not that of a new chat any more. */
	async #keepRefused(): Promise<void> {
		// Where the new chat was opened meanwhile, what stands in it is the person's to clear.
		if (this.newThread.messages === null) {
			await backend.saveDraft(null, "").catch(() => undefined);
		}
		await this.refresh();
	}

	#forgetOld(): void {
		const idle = [...this.#threads].filter(([id, thread]) => {
			return thread.canBeForgotten && id !== place.conversationId;
		});
		for (const [id, thread] of idle.slice(0, -keptThreads)) {
			void thread.saveDraft();
			this.#threads.delete(id);
		}
	}
}

/** The state, made anew by `resetChat`. */
export let chat = new Chat();

/** Start over: for tests, which each want a fresh one. */
export function resetChat(): void {
	chat = new Chat();
}
