import type { Plugin } from 'esbuild';

/** Asked for by the exporter alone; it would ask a host of Microsoft's, which nobody here has named, for settings of the exporter. */
const silentManager = `const silent = { initialize() {}, registerCallback() {}, shutdown() {} };
export const ConfigurationManager = { getInstance: () => silent };`;

/** Machine, process and environment: what the app is called is told by hand, and two of these start programs to find out. */
const noDetectors = 'module.exports = {};';

/**
 * Of OpenTelemetry's packages, less than they hold: nothing in the bundle looks around on the machine or talks to anybody but the ingestion endpoint of the connection string.
 */
export const leanTelemetry: Plugin = {
  name: 'lean-telemetry',
  setup(hooks) {
    hooks.onLoad({ filter: /[\\/]@azure[\\/]monitor-opentelemetry-exporter[\\/]dist[\\/]\w+[\\/]_configuration[\\/]configurationManager\.js$/ }, () => ({ contents: silentManager, loader: 'js' }));
    hooks.onLoad({ filter: /[\\/]@opentelemetry[\\/]resources[\\/]build[\\/]\w+[\\/]detectors[\\/]index\.js$/ }, () => ({ contents: noDetectors, loader: 'js' }));
  },
};
