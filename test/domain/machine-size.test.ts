import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainFamily, readMachineSize } from '../../domain/machine-size.ts';

test("a size's name tells its vCPUs and the meter that counts them", () => {
  const table: readonly (readonly [string, number, string])[] = [
    ['Standard_D4s_v5', 4, 'standardDSv5Family'],
    ['Standard_D8pds_v5', 8, 'standardDPDSv5Family'],
    ['Standard_D4as_v5', 4, 'standardDASv5Family'],
    ['Standard_E16ads_v5', 16, 'standardEADSv5Family'],
    ['Standard_E4-2s_v5', 4, 'standardESv5Family'],
    ['Standard_D4_v3', 4, 'standardDv3Family'],
    ['Standard_F8s_v2', 8, 'standardFSv2Family'],
    ['Standard_NC24ads_A100_v4', 24, 'StandardNCADSA100v4Family'],
    ['Standard_NC16as_T4_v3', 16, 'Standard NCASv3_T4 Family'],
    ['Standard_DS3_v2', 4, 'standardDSv2Family'],
    ['Standard_D13_v2', 8, 'standardDv2Family'],
    ['Standard_B4ms', 4, 'standardBSFamily'],
    ['standard_b2s_v2', 2, 'standardBsv2Family'],
  ];
  for (const [name, cores, meter] of table) {
    const size = readMachineSize(name);
    assert.equal(size?.cores, cores, name);
    assert.ok(size.families.includes(plainFamily(meter)), `${name}: ${size.families.join(' ')} has no ${plainFamily(meter)}`);
  }
});

test('a name of another form tells nothing', () => {
  for (const name of ['', 'Basic_A1', 'Standard_A2', 'Standard_D4', 'Standard_DS9_v2', 'Standard_']) assert.equal(readMachineSize(name), null, name);
});
