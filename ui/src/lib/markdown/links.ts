// What a link really is, before anything opens it.

const ALLOWED = new Set(["http:", "https:", "mailto:"]);

/** An address taken apart for a person to judge. */
export type LinkFacts = {
	/** The exact address that would be opened. */
	href: string;
	/** Who would be reached: a host, or the receiver of a mail. */
	target: string;
	/** Where in `href` the part ends that says who is reached. */
	hostEnd: number;
	/** What is unusual about it, in words. */
	warnings: string[];
};

/** True for the only kinds of address that may ever be opened. */
export function isAllowedLink(url: string): boolean {
	return parse(url) !== null;
}

/** The facts of an address, or null when it must not be opened. `label` is the text it was shown with. */
export function describeLink(url: string, label = ""): LinkFacts | null {
	const parsed = parse(url);
	if (!parsed) return null;
	if (parsed.protocol === "mailto:") {
		const target = safeDecode(parsed.pathname);
		const warnings = parsed.search ? ["It fills in more than the receiver."] : [];
		return { href: parsed.href, target, hostEnd: parsed.href.length, warnings };
	}
	const { href, host } = parsed;
	// The path begins at the third slash; a host cannot hold one.
	const hostEnd = href.indexOf("/", href.indexOf("//") + 2);
	return { href, target: host, hostEnd, warnings: warningsFor(parsed, label) };
}

function parse(url: string): URL | null {
	if (!URL.canParse(url)) return null;
	const parsed = new URL(url);
	return ALLOWED.has(parsed.protocol) ? parsed : null;
}

function warningsFor(url: URL, label: string): string[] {
	const warnings: string[] = [];
	if (url.username || url.password) {
		warnings.push(
			`The part before the @ sign is a user name, not the site. The site is ${url.host}.`,
		);
	}
	if (url.hostname.split(".").some((part) => part.startsWith("xn--"))) {
		warnings.push(
			"The name contains letters beyond a to z, which can look like others. The exact form is shown.",
		);
	}
	if (/^[\d.]+$/.test(url.hostname) || url.hostname.startsWith("[")) {
		warnings.push("It is a bare network address, not a name.");
	}
	if (url.port) warnings.push(`It uses the unusual port ${url.port}.`);
	if (url.protocol === "http:") warnings.push("The connection would not be encrypted.");
	const shown = hostIn(label);
	if (shown && shown !== url.hostname && `www.${shown}` !== url.hostname) {
		warnings.push(`The text says ${shown}, but the link goes to ${url.hostname}.`);
	}
	return warnings;
}

/** The host that a link's text claims, if the text looks like an address. */
function hostIn(label: string): string | null {
	const found = /^\s*(?:https?:\/\/)?((?:[\p{L}\d-]+\.)+\p{L}{2,})(?:[/:?#]|\s*$)/iu.exec(label);
	return found?.[1]?.toLowerCase() ?? null;
}

function safeDecode(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
