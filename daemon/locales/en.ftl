# Errors: title, then what happened and what to do next.
invalid-request = The request is not right
invalid-request-detail = A part of the request is missing, unknown or not what it should be.
token-missing = A token is needed
token-missing-detail = Send the token in the Authorization header, as «Bearer …».
token-invalid = The token is not valid
token-invalid-detail = The token is unknown, was revoked, or belongs to another website.
token-expired = The token has expired
token-expired-detail = Ask for a new token.
origin-not-paired = This website is not allowed
origin-not-paired-detail = This website has not been allowed to use the card reader on this computer.
scope-missing = Not allowed
scope-missing-detail = The token does not allow this.
user-declined = Cancelled
user-declined-detail = The person at the computer cancelled. Nothing was signed or changed.
user-timeout = No answer
user-timeout-detail = Nobody answered in time. Nothing was signed or changed; try again.
policy-denied = Not allowed here
policy-denied-detail = The settings of this computer do not allow this.
pin-incorrect = Wrong PIN
pin-incorrect-detail = The PIN was wrong. Take care: the card is blocked after three wrong PINs.
pin-blocked = PIN blocked
pin-blocked-detail = The card is blocked after too many wrong PINs. The municipality can help.
not-found = Not found
not-found-detail = There is no such thing here.
method-not-allowed = Method not allowed
method-not-allowed-detail = This address does not accept this method.
not-acceptable = No such format
not-acceptable-detail = This cannot be given in the format asked for.
no-card = No card
no-card-detail = Put the patient's card into the reader.
several-cards = Several cards
several-cards-detail = There is more than one card. Say which one, or leave only one in the readers.
wrong-card = Wrong card
wrong-card-detail = The card in the reader belongs to somebody else.
operation-in-progress = Busy with another question
operation-in-progress-detail = A question is already on the screen. Answer it first.
idempotency-mismatch = Key used before
idempotency-mismatch-detail = This Idempotency-Key came before with another request.
card-removed = Card removed
card-removed-detail = The card was taken out. Put it back in and start again.
too-large = Too large
too-large-detail = The request is larger than allowed.
unsupported-media-type = Unsupported format
unsupported-media-type-detail = Send the request as application/json.
wrong-host = Wrong host
wrong-host-detail = This request was meant for another computer.
unsupported-card = Not a usable card
unsupported-card-detail = This is not a Belgian eID, or one this software cannot use. Is it the right way round?
unsupported-algorithm = Cannot sign this way
unsupported-algorithm-detail = This card cannot make this kind of signature.
certificate-missing = No certificate
certificate-missing-detail = This card has no certificate to sign with. Children's cards never have one; a proof by reading the card works.
certificate-not-valid = Certificate not valid
certificate-not-valid-detail = The certificate that is needed is not valid today.
invalid-national-number = National number is wrong
invalid-national-number-detail = The check digits of the national number do not match.
patient-mismatch = Another patient's card
patient-mismatch-detail = The card belongs to another person than the patient of the request.
period-not-allowed = Period not allowed
period-not-allowed-detail = This period cannot be registered.
proof-not-allowed = Proof not possible
proof-not-allowed-detail = This proof cannot be given here.
card-expired = Card not valid today
card-expired-detail = The card has expired or is not valid yet. The patient needs a valid card.
malformed-card-data = The card's data cannot be read
malformed-card-data-detail = A part of the card's data is damaged.
identity-not-authentic = Identity not confirmed
identity-not-authentic-detail = The data on the card could not be confirmed as written by the National Register. Nothing was signed.
card-busy = Card in use
card-busy-detail = Another program is using the card. Try again in a moment.
too-many-requests = Too many requests
too-many-requests-detail = Wait a little and try again.
internal = Something went wrong
internal-detail = A mistake in this software; the log says more.
card-error = The card did not answer well
card-error-detail = Take the card out, wipe the chip, put it back in and try again.
pcsc-unavailable = No smart card service
pcsc-unavailable-detail = The smart card service (pcscd) is not running, or does not answer. Start it: sudo systemctl start pcscd.socket
pcsc-not-authorised = Smart card service refuses
pcsc-not-authorised-detail = The smart card service (pcscd) does not let this program in.
no-reader = No card reader
no-reader-detail = Connect a card reader.

# Details that name what they are about.
detail-invalid-member = { $member }: { $reason }
detail-invalid-request = { $reason }
detail-pin-member = { $member }: a PIN is never sent to this service. It is typed on the reader or in a dialog of this computer.
detail-idempotency-key = Idempotency-Key is not supported yet; send the request without it.
detail-no-certificate-there = This card has no certificate in the place for { $name }. Cards of young children lack one or both of their holder's.
detail-no-such-file = This card has no file { $name }. Not every generation of cards has the same ones.
detail-file-absent = This card lacks the file { $name }, which every identity card has. It may be a test card or a damaged card; ask for another proof of identity.
detail-no-such-card = There is no card with this id. It changes at each insertion: beidctl readers shows it.
detail-no-such-reader = There is no reader with this id. The readers and their ids: beidctl readers
detail-no-such-token = No token is called «{ $name }». The tokens there are: beidctl token list
detail-no-such-certificate = No certificate is called «{ $name }». There are: { $names }.
detail-no-such-file-name = No file is called «{ $name }». There are: { $names }.
detail-no-such-operation = There is no operation with this id, or it is not yours. Results are kept for ten minutes.
detail-token-taken = A token called «{ $name }» exists already. Take another name, or revoke that one: beidctl token revoke { $name }
detail-token-name = The name of a token has 1 to 64 characters, none of them a control character.
detail-card-field = On the card, { $field } should be { $expected }.
detail-card-failure = { $cause }. Take the card out, wipe the chip, put it back in and try again.
detail-card-silent = The card in { $reader } does not answer. Take it out and put it in again.
detail-card-silent-pin = The card in { $reader } did not answer to the PIN. Whether it counted a try is not known. Take it out and put it in again; before the next PIN you are told how many tries are left, if the card says so.
detail-no-card = Put the patient's card into a reader for patients. The readers now: { $readers }.
detail-no-provider-card = Put the care provider's card into the reader that is for it. The readers now: { $readers }.
detail-several-cards = There is more than one card. Say which one, or leave only one in the readers. The readers now: { $readers }.
reader-holds = { $reader }{ $role ->
        [provider] { " " }(for the care provider's card)
       *[other] { "" }
    }: { $card ->
        [empty] empty
        [reading] a card that is being read
        [unsupported] a card that is no Belgian eID
        [mute] a card that does not answer
        [busy] a card that another program uses
       *[other] an eID card
    }
detail-pad-new-pins-differ = The two new PINs typed on the reader were not the same. Nothing was sent to the card; try again.
detail-pad-pin-length = The PIN typed on the reader was too short or too long: a PIN has 4 to 12 digits. Nothing was sent to the card; try again.
detail-pad-refused = The keypad of this reader cannot be used for this. Nothing was sent to the card; use another reader.
detail-wrong-pin = The PIN was wrong. Tries left: { $tries }. After that the card is blocked.
detail-new-pins-differ = The two new PINs were not the same. Nothing was sent to the card; the PIN is what it was.
detail-new-pin-refused = The card does not take the new PIN. The old one still holds; choose another new one.
detail-no-pinentry = No program was found to ask the PIN with. Install pinentry, or name one in the settings.
detail-no-way-to-ask = The PIN dialog could not be shown on this computer.
detail-asked-too-soon = Asked again too soon: the last dialog was refused or not answered. Ask again in { $seconds } s.
detail-no-author = No care provider is given, and none is set for this practice ([provider] in the settings).
detail-signer-chain = The signature certificate could not be trusted: { $cause }.
detail-signature-certificate-not-valid = The signature certificate on this card is not valid today; it is valid from { $from } to { $until }. The card's data is authentic: a proof by reading the card works. To sign, a new card is needed, from the municipality.
detail-register-revoked = The certificate of the National Register on this card has been revoked ({ $reason }). Ask the patient for another card or document.
detail-signature-revoked = The signature certificate on this card has been revoked ({ $reason }). Ask the patient for another card or document.
detail-register-revocation-unknown = It could not be found out whether the National Register's certificate on this card is still valid ({ $reason }). Try again later.
detail-signature-revocation-unknown = It could not be found out whether the signature certificate on this card is still valid ({ $reason }). Try again later.
detail-proof = { $reason }
detail-consent-no-certificate = This card has no certificate to sign with: until the eighteenth birthday no card has one. Ask for evidence «none», or have the care provider sign (signer «provider»).
detail-consent-wrong-provider = The card that is to sign must be that of a care provider named in author, by national number, and not the patient's.
detail-no-provider-reader = No card reader is set for the care provider's own card. Give one that role: beidctl readers role ID provider.

# What beidctl says itself: titles of errors, and what became of results.
ctl-usage = The command line is not right
ctl-not-running = beidd does not run
ctl-not-running-detail = beidd does not run. Start it: systemctl --user start beidd, or beidd in another terminal.
ctl-file-unusable = A file cannot be used
ctl-result-kept = The result is in another place
ctl-failed = It did not work
ctl-kept-in-file = { $place } could not be written: { $error }. What was signed is not lost: it is kept in { $kept }. Move it to where it belongs.
ctl-kept-here = { $place } could not be written: { $error }. Nor could any other file. What was signed is not lost if you copy it from here, in base64: { $kept }
ctl-given-up = You gave up. Nothing was signed or changed.

# Warnings in words.
warning-check-digits = The check digits of this number do not match; a few such numbers are known to exist.
warning-impossible-birth-date = The birth date in this national number does not exist, as in the numbers of test persons.
warning-unchecked = There is no known way to check such a number.
warning-start-in-past = The care relation starts before today.
warning-longer-than-usual = The period is longer than usual for this care relation.
warning-no-usual-period = There is no end date, and none is usual: the platform applies its own period.
warning-longer-than-proof = The period is longer than such a proof is known to allow.
warning-stronger-proof-expected = A stronger proof is expected for such a care relation.
warning-card-not-read = No card was read: its number was typed.
warning-author-not-listed = Such an author is not known to be allowed to do this.
warning-unusual-party = This kind of care relation, or exclusion, is not meant for such a provider.
warning-person-missing = No person is named behind the organisation or program that asks.
warning-number-missing = A number that is expected of such an author is missing.
warning-unusual-length = Such parties do not have numbers of this length.
warning-type-not-in-use = The platform no longer registers consents of this type.
warning-card-number-missing = A provider registers this consent without the number of the patient's card.
warning-isi-card-doubtful = It is not certain that an ISI+ card is enough for a consent.
warning-birth-date-unknown = The day of birth is not known, so nobody can tell whether the patient is sixteen.
warning-minor-decides = From sixteen on, minors decide for themselves; here somebody else acts for the patient.
warning-no-signature-certificate = At sixteen or seventeen no card has a certificate to sign with.
warning-not-in-document = This has no place in the document; it is kept beside it.
warning-no-official-text = There is no official text in the language asked for: the Dutch one was shown.
warning-dates-not-given = The dates of the care relation were not given: the platform may not find what is to be ended.
warning-time-stamp-missing = There is no time stamp: the authority could not be reached, or its answer was not right.

# What a patient is shown.
dialog-title = Sign with your eID
dialog-asked-by-page = The website { $origin } asks for your signature.
dialog-asked-by-program = A program that calls itself { $program } asks for your signature.
dialog-holder = Card of: { $name }
dialog-covered = With your PIN you sign:
dialog-registered = Will be registered with it, not covered by the signature:
dialog-patient = patient: { $name }
dialog-provider = care provider, as stated: { $name }
dialog-id-inss = INSS { $value }
dialog-id-nihii = NIHII { $value }
dialog-id-cbe = CBE { $value }
dialog-id-eid-card = card number { $value }
dialog-id-isi-card = ISI+ card number { $value }
dialog-id-application = application id { $value }
dialog-day = date: { $day }
dialog-type = care relation: { $type }
dialog-period = from { $start } up to, not including, { $end }
dialog-period-open = from { $start }
dialog-comment = remark, as stated by the care provider: { $text }
dialog-patient-stated = patient, as stated: { $name }
dialog-author = requested by, as stated: { $name }
dialog-citizen = requested by: { $name }
dialog-representative = acts for the patient, as stated: { $name }
dialog-break-the-glass = reason given for access without a care relation: { $text }
dialog-revoked = Will be ended with it, not covered by the signature:
dialog-strict-revoked = Please note: this care relation will be ended. The signature itself does not say so.
dialog-links-one = With your PIN you sign for one care relation.
dialog-links = With your PIN you sign for { $count } care relations.
dialog-link-of = Care relation { $number } of { $count }
dialog-signed-for-link = You sign:
dialog-unsigned-link = Will be registered at the same time, without your signature:
dialog-tries-left = Tries left: { $tries }
dialog-last-try = This is the last try. After one more wrong PIN the card is blocked and only the municipality can help. Go on?
dialog-tries-unknown = The last attempt failed and it is not known how many tries are left. After three wrong PINs the card is blocked. Go on?
dialog-pin = PIN:
dialog-pin-after-pages = With your PIN you sign what you have just read.
dialog-not-a-pin = A PIN has 4 to 12 digits. Nothing was sent to the card.
dialog-sign = Sign
dialog-yes = Yes
dialog-cancel = Cancel
dialog-keypad = Choose Continue, then type your PIN on the card reader.
dialog-keypad-change = Choose Continue. The card reader then asks for your present PIN, and twice for the new one.
dialog-go-on = Continue

# Files that are signed.
dialog-content-unknown = Please note: beidd does not know the content of what is signed here. Go on only if you trust who asks.
dialog-file-one = With your PIN you sign this file:
dialog-files = With your PIN you sign these { $count } files:
dialog-file = { $name }, { $type }, { $size } bytes, { $digest }
dialog-file-by-digest = { $name }, { $type }, { $digest }
dialog-content-not-shown = What is in a file is shown here only if it is a short text. If you do not know a file yet, open it before you sign.
dialog-pin-once = You type your PIN once; the card then makes { $count } signatures.
dialog-pin-each = The card makes { $count } signatures. The card reader asks for your PIN { $count } times.
dialog-keypad-several = Choose Continue, then type your PIN on the card reader each time it asks.

# A PIN checked or changed.
dialog-verify-title = Check your PIN
dialog-asked-to-verify-by-page = The website { $origin } asks to have your PIN checked.
dialog-asked-to-verify-by-program = A program that calls itself { $program } asks to have your PIN checked.
dialog-verify-in-short = The card compares your PIN. Nothing is signed.
dialog-verify = Check
dialog-change-title = Change your PIN
dialog-asked-to-change-by-page = The website { $origin } asks to change your PIN.
dialog-asked-to-change-by-program = A program that calls itself { $program } asks to change your PIN.
dialog-change-in-short = First you type your present PIN, then you choose a new one. Nothing is signed.
dialog-change = Change
dialog-old-pin = Present PIN:
dialog-new-pin-text = Choose a new PIN of 4 to 12 digits.
dialog-new-pin = New PIN:
dialog-new-pin-again-text = Type the new PIN once more.
dialog-new-pin-again = Once more:
dialog-new-pins-differ = The two new PINs were not the same. Nothing was sent to the card.

# What a reader is for.
dialog-role-title = What a card reader is for
dialog-asked-for-role-by-page = The website { $origin } wants to change what a card reader is for.
dialog-asked-for-role-by-program = A program that calls itself { $program } wants to change what a card reader is for.
dialog-reader = Card reader: { $name }
dialog-role-now = Now: { $role }
dialog-role-then = From now on, if you say yes: { $role }
dialog-role-patient = for patients' cards
dialog-role-provider = for the care provider's own card, never a patient's
dialog-role-any = for any card

# A consent that is given or withdrawn.
dialog-consent-put = what: registering the consent to share health data
dialog-consent-revoke = what: withdrawing the consent to share health data
dialog-consent-type = it is about: { $type }
dialog-consent-signed = consent given on: { $day }
dialog-consent-revoked = consent withdrawn on: { $day }
dialog-consent-text = text: { $id }, language { $language }, version { $version }; you read all of it on the next pages
dialog-consent-acts = acts for the patient, as stated: { $name }, { $capacity }
dialog-consent-effect = A withdrawal counts everywhere in Belgium. Care providers who used this consent can no longer use it to see shared health data, and all services that are built on it stop.
dialog-consent-provider-signs = You sign as the care provider, not as the patient.
dialog-consent-text-title = Official text ({ $language })
dialog-consent-in-short = With your PIN you sign the registration and the official text that you have just read.
dialog-explanation-title = Explanation, not the official text
dialog-glossary-mark = Words of the official text. This explanation is not signed.
