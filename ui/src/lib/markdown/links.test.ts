import { describe, expect, it } from "vitest";

import { describeLink, isAllowedLink } from "./links";

describe("describeLink", () => {
	it.each([
		"javascript:alert(1)",
		"data:text/html,x",
		"file:///etc/passwd",
		"//a.example",
		"a.html",
		"",
	])("refuses %j", (url) => {
		expect(isAllowedLink(url)).toBe(false);
		expect(describeLink(url)).toBeNull();
	});

	it("has nothing to say about an ordinary address", () => {
		expect(describeLink("https://example.org/a?b=c")).toEqual({
			href: "https://example.org/a?b=c",
			target: "example.org",
			hostEnd: "https://example.org".length,
			warnings: [],
		});
	});

	it.each([
		["https://bank.example@evil.example/", "evil.example", "user name"],
		["https://аррӏе.example/", "xn--80ak6aa92e.example", "letters beyond a to z"],
		["https://192.0.2.1/", "192.0.2.1", "network address"],
		["https://3232235777/", "192.168.1.1", "network address"],
		["http://example.org/", "example.org", "not be encrypted"],
		["https://example.org:8443/", "example.org:8443", "port 8443"],
	])("warns about %s", (url, target, warning) => {
		const facts = describeLink(url);
		expect(facts?.target).toBe(target);
		expect(facts?.warnings.join(" ")).toContain(warning);
	});

	it("warns when the text names another site", () => {
		const facts = describeLink("https://evil.example/", "https://bank.example/login");
		expect(facts?.warnings).toEqual([
			"The text says bank.example, but the link goes to evil.example.",
		]);
		expect(describeLink("https://www.bank.example/", "bank.example")?.warnings).toEqual([]);
	});
});
