// Functions that run inside the page. Each stands alone: it is sent there as text.

/**
 * What a person or a screen reader would find: visible elements of a role with a name.
 * `name` is a text, which must be the whole name, or `{ pattern }`.
 */
export function findAll(role, name, within) {
	const elements = {
		alert: "[role=alert]",
		article: "article",
		button: "button, summary, [role=button]",
		checkbox: "input[type=checkbox]",
		complementary: "aside",
		dialog: "[role=dialog], [role=alertdialog]",
		group: "[role=group], fieldset",
		heading: "h1, h2, h3",
		list: "ul, ol",
		listitem: "li",
		menuitem: "[role=menuitem], [role=menuitemradio]",
		navigation: "nav",
		option: "[role=option]",
		radio: "input[type=radio]",
		region: "section, [role=region]",
		switch: "[role=switch]",
		slider: "[role=slider]",
		tab: "[role=tab]",
		table: "table",
		textbox:
			"textarea, input:not([type]), input[type=text], input[type=search], input[type=number], input[type=password]",
	}[role];
	if (!elements) throw new Error(`findAll does not know the role ${role}`);
	const plain = (text) => (text ?? "").replace(/\s+/g, " ").trim();
	const nameOf = (element) => {
		const own = element.getAttribute("aria-label");
		if (own !== null) return plain(own);
		const by = element.getAttribute("aria-labelledby");
		if (by) return plain(document.getElementById(by)?.textContent);
		const label = element.labels?.[0];
		if (label) return plain(label.textContent);
		return plain(element.textContent);
	};
	const fits = (found) =>
		!name || (typeof name === "string" ? found === name : new RegExp(name.pattern).test(found));
	// A radio button under its look is not seen itself, but its label is.
	const seen = (element) => (element.type === "radio" ? element.labels[0] : element);
	return [...(within ?? document).querySelectorAll(elements)]
		.filter((element) => seen(element).checkVisibility() && fits(nameOf(element)))
		.map(seen);
}

/** The visible text of an element, or of the page, as one line. */
export function textOf(element) {
	return (element ?? document.body).innerText.replace(/\s+/g, " ").trim();
}

export function attributeOf(element, name) {
	return element.getAttribute(name);
}

/** The value of a field. */
export function valueOf(element) {
	return element.value;
}

/** The name of what has the focus. */
export function focused() {
	const element = document.activeElement;
	return element?.getAttribute("aria-label") ?? element?.textContent.trim() ?? "";
}

/** Whether nothing moves: a scroll or a focus is drawn with the frame after the change. */
export async function isAtRest() {
	for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
	return document.fonts.status === "loaded" && document.getAnimations().length === 0;
}

/** The messages that are shown, first to last. */
export function shownMessages() {
	return [...document.querySelectorAll("article")].map((article) => ({
		kind: article.getAttribute("aria-label"),
		text: (article.querySelector(".bubble, .markdown") ?? article).innerText.trim(),
		busy: article.getAttribute("aria-busy") === "true",
		footer: article.querySelector(".facts")?.innerText.replace(/\s+/g, " ").trim() ?? null,
		all: article.innerText.replace(/\s+/g, " ").trim(),
	}));
}

/** From now on, note at every frame how long the last answer is while it is being written. */
export function watchGrowth() {
	const lengths = (window.seenLengths = []);
	const look = () => {
		if (window.seenLengths !== lengths) return;
		const answer = [...document.querySelectorAll("article[aria-busy=true]")].at(-1);
		const length = answer?.querySelector(".markdown")?.innerText.length ?? 0;
		if (length > (lengths.at(-1) ?? 0)) lengths.push(length);
		requestAnimationFrame(look);
	};
	look();
}

/** What `watchGrowth` noted so far. */
export function seenGrowth() {
	return window.seenLengths;
}

/** Where everything that the page has loaded came from. */
export function loadedFrom() {
	const origins = performance.getEntries().flatMap(({ entryType, name }) => {
		return entryType === "resource" || entryType === "navigation" ? [new URL(name).origin] : [];
	});
	return [...new Set([location.origin, ...origins])];
}

/** Ask the host to end the app, as its own Quit button does. */
export function quit() {
	void window.__TAURI_INTERNALS__.invoke("quit");
}

/** Add an account at a server of one's own and read its models, as the Settings screen does. */
export async function addAccount(name, baseUrl) {
	const { invoke } = window.__TAURI_INTERNALS__;
	const input = { kind: "compatible", name, baseUrl, destination: "cloud", contextTokens: null };
	const { id } = await invoke("save_account", { id: null, input });
	await invoke("test_account", { id });
	return id;
}

/** Change some settings, as the Settings screen does. */
export async function changeSettings(part) {
	const { invoke } = window.__TAURI_INTERNALS__;
	const settings = await invoke("get_settings");
	await invoke("set_settings", { settings: { ...settings, ...part } });
}

/** The message that a search hit has brought into view; null if none is marked and visible. */
export function markedMessage() {
	const marked = document.querySelector(".marked");
	const box = marked?.getBoundingClientRect();
	const frame = marked?.closest(".scroll").getBoundingClientRect();
	return box && box.bottom > frame.top && box.top < frame.bottom ? marked.innerText : null;
}

/** Whether it is where it was after two frames were drawn; a window that nobody sees draws none. */
export async function staysInPlace(element) {
	const place = () => JSON.stringify(element.getBoundingClientRect());
	const before = place();
	await new Promise((drawn) => {
		requestAnimationFrame(() => requestAnimationFrame(drawn));
		setTimeout(drawn, 500);
	});
	return place() === before;
}

/** Milliseconds since 1970 at which the page could be used. */
export function usableAt() {
	const [mark] = performance.getEntriesByName("usable");
	return mark ? performance.timeOrigin + mark.startTime : null;
}

/** From now on, note when each frame is shown while an answer grows. */
export function watchFrames() {
	const frames = (window.seenFrames = { times: [], tokens: 0 });
	const look = (time) => {
		if (window.seenFrames !== frames) return;
		const written = document.querySelector("article[aria-busy=true] .phase")?.textContent;
		const tokens = Number(written?.match(/Writing, ([\d,]+) token/)?.[1].replaceAll(",", "") ?? 0);
		if (tokens > 0) frames.times.push(time);
		frames.tokens = Math.max(frames.tokens, tokens);
		requestAnimationFrame(look);
	};
	requestAnimationFrame(look);
}

/** What `watchFrames` noted so far. */
export function seenFrames() {
	return window.seenFrames;
}
