// Which screen is shown, kept in the address (#/chat/<conversation>/<message>) so that back and
// forward work and a restart of the page stays where it was.

export type Screen =
	"chat" | "models" | "costs" | "monitor" | "safety" | "record" | "privacy" | "settings";
export type Place = {
	screen: Screen;
	/** The open conversation; null on the chat screen is a new chat. */
	conversationId: string | null;
	/** The message to bring into view, from a search hit. */
	messageId: string | null;
};

const screens: readonly string[] = [
	"chat",
	"models",
	"costs",
	"monitor",
	"safety",
	"record",
	"privacy",
	"settings",
] satisfies Screen[];

function isScreen(name: string | undefined): name is Screen {
	return name !== undefined && screens.includes(name);
}

function read(hash: string): Place {
	const [, screen, conversationId, messageId] = hash.replace(/^#/, "").split("/");
	return {
		screen: isScreen(screen) ? screen : "chat",
		conversationId: conversationId ? decodeURIComponent(conversationId) : null,
		messageId: messageId ? decodeURIComponent(messageId) : null,
	};
}

const start = read(location.hash);
let current = $state.raw<Place>(start);
let lastConversationId = start.conversationId;

function move(to: Place): void {
	current = to;
	if (to.screen === "chat") lastConversationId = to.conversationId;
}

window.addEventListener("hashchange", () => move(read(location.hash)));

/** Where the person is, reactive: `place.screen`, `place.conversationId`, `place.messageId`. */
export const place: Readonly<Place> = {
	get screen() {
		return current.screen;
	},
	get conversationId() {
		return current.conversationId;
	},
	get messageId() {
		return current.messageId;
	},
};

function address(...place: (string | null)[]): string {
	const parts = place.filter((part) => part !== null);
	return `#/${parts.map(encodeURIComponent).join("/")}`;
}

/** Shows a screen; with the chat screen also a conversation (null: a new chat) and a message. */
export function go(
	screen: Screen,
	conversationId: string | null = null,
	messageId: string | null = null,
): void {
	const hash = address(screen, conversationId, messageId);
	// At once, not with the later hashchange, so that what runs next sees the new place.
	move({ screen, conversationId, messageId });
	if (location.hash !== hash) location.hash = hash;
}

/** Like `go`, but without a step to go back to: a new chat that just got its conversation. */
export function replacePlace(screen: Screen, conversationId: string | null = null): void {
	move({ screen, conversationId, messageId: null });
	history.replaceState(null, "", address(screen, conversationId));
}

/** Some conversations are gone: nobody is led to one of them any more. */
export function forgetConversations(isThere: (id: string) => boolean): void {
	if (lastConversationId === null || isThere(lastConversationId)) return;
	lastConversationId = null;
	if (current.screen === "chat") replacePlace("chat");
}

/** The message is brought into view: the place is now its conversation, also for going back. */
export function forgetMessage(): void {
	replacePlace(current.screen, current.conversationId);
}

/** Shows a screen as the person left it: the chat screen with the conversation last open. */
export function returnTo(screen: Screen): void {
	go(screen, screen === "chat" ? lastConversationId : null);
}
