// Mounts GraphiQL. The token is typed into the header editor, lives in this page only, and is sent as a header (HTTP) or
// in `connection_init` (WebSocket), never in an address.
(() => {
  "use strict";

  // The dialogs of GraphiQL add a style element; the policy of this page admits those with its nonce.
  window.__webpack_nonce__ = document.currentScript.nonce;

  const address = new URL("/graphql", window.location.href);
  const socketAddress = new URL(address);
  socketAddress.protocol = address.protocol === "https:" ? "wss:" : "ws:";

  const authorizationOf = (headers) => {
    const name = Object.keys(headers ?? {}).find((key) => key.toLowerCase() === "authorization");
    return name ? headers[name] : undefined;
  };

  // One client for as long as the token stays the same: a socket belongs to one principal.
  let client;
  let clientAuthorization;
  const clientFor = (authorization) => {
    if (!client || clientAuthorization !== authorization) {
      client?.dispose();
      clientAuthorization = authorization;
      client = window.graphqlWs.createClient({
        url: socketAddress.href,
        connectionParams: authorization ? { Authorization: authorization } : {},
        retryAttempts: 0,
      });
    }
    return client;
  };

  const fetcher = (parameters, options) =>
    window.GraphiQL.createFetcher({
      url: address.href,
      enableIncrementalDelivery: false,
      wsClient: clientFor(authorizationOf(options?.headers)),
    })(parameters, options);

  const welcome = `# Paste a token under "Headers" below, as
#   { "Authorization": "Bearer TOKEN" }
# then press the refresh button on the left to load the schema (developers only).

query Welcome {
  __typename
}
`;

  const root = window.ReactDOM.createRoot(document.getElementById("graphiql"));
  root.render(
    window.React.createElement(window.GraphiQL, {
      fetcher,
      defaultQuery: welcome,
      defaultHeaders: '{ "Authorization": "Bearer " }',
      defaultEditorToolsVisibility: "headers",
      shouldPersistHeaders: false,
    }),
  );
})();
