// The fake host's local API: it is switched on and off, and its clients come and go.

import type { Backend } from "../backend";
import type {
	BudgetView,
	Client,
	ClientStanding,
	LocalApi,
	Problem,
	TelemetryHeader,
} from "../bindings";

import { standing } from "./away";

type ApiPart = Pick<
	Backend,
	| "localApi"
	| "switchLocalApi"
	| "addClient"
	| "revokeClient"
	| "telemetryStatus"
	| "telemetryHeader"
	| "setTelemetryHeader"
	| "forgetTelemetryHeader"
>;

const dayMs = 86_400_000;

export function fakeApi(now: () => number, workspaceId: string): ApiPart {
	let on = false;
	let port = 7411;
	let clients: Client[] = [];
	let header: TelemetryHeader | null = null;

	const status = async (): Promise<LocalApi> => ({
		on,
		port,
		baseUrl: on ? `http://127.0.0.1:${port}` : null,
		connections: 0,
		refused: 0,
		clients: clients.map(standingOf),
	});

	function standingOf(client: Client): ClientStanding {
		if (!client.budget) return { ...client, standing: null };
		const { period, limit } = client.budget;
		const of: BudgetView = {
			everywhere: false,
			period,
			limit: `$${limit}`,
			warnPercent: 100,
			stops: true,
			...standing(Number(limit), 100),
		};
		return { ...client, standing: of };
	}

	return {
		localApi: status,
		switchLocalApi: async (wanted, at) => {
			[on, port] = [wanted, at];
			return status();
		},
		addClient: async ({ onlyMetrics, workspaceId: wanted, ...input }) => {
			const { name, days, period, limit, keepsSent } = input;
			const client: Client = {
				id: `client-${clients.length + 1}`,
				name,
				workspaceId: wanted ?? workspaceId,
				createdAtMs: now(),
				expiresAtMs: days === null ? null : now() + days * dayMs,
				revokedAtMs: null,
				lastUsedAtMs: null,
				budget: limit.trim() === "" ? null : { period, limit: limit.trim() },
				keepsSent,
				onlyMetrics,
			};
			clients = [client, ...clients];
			return { client, key: `gatehouse-${"k".repeat(43)}`, api: await status() };
		},
		telemetryStatus: async () => ({ sentAtMs: null, problem: null, lost: 0 }),
		telemetryHeader: async () => header,
		async setTelemetryHeader(address, name, value) {
			if (value.trim() === "") {
				const message = "the value of the header is empty";
				throw { code: "invalid_input", message, hint: null } satisfies Problem;
			}
			header = { name: name.toLowerCase(), address };
			return header;
		},
		async forgetTelemetryHeader() {
			header = null;
		},
		revokeClient: async (id) => {
			clients = clients.map((client) =>
				client.id === id ? { ...client, revokedAtMs: now() } : client,
			);
			return status();
		},
	};
}
