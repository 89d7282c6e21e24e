# Fehler: Titel, dann was geschah und was zu tun ist.
invalid-request = Die Anfrage stimmt nicht
invalid-request-detail = Ein Teil der Anfrage fehlt, ist unbekannt oder nicht das, was er sein soll.
token-missing = Ein Token ist nötig
token-missing-detail = Senden Sie das Token im Authorization-Header, als «Bearer …».
token-invalid = Das Token ist ungültig
token-invalid-detail = Das Token ist unbekannt, widerrufen oder gehört zu einer anderen Website.
token-expired = Das Token ist abgelaufen
token-expired-detail = Fordern Sie ein neues Token an.
origin-not-paired = Diese Website ist nicht zugelassen
origin-not-paired-detail = Diese Website darf den Kartenleser dieses Computers nicht benutzen.
scope-missing = Nicht erlaubt
scope-missing-detail = Das Token erlaubt dies nicht.
user-declined = Abgebrochen
user-declined-detail = Die Person am Computer hat abgebrochen. Es wurde nichts unterschrieben oder geändert.
user-timeout = Keine Antwort
user-timeout-detail = Niemand hat rechtzeitig geantwortet. Es wurde nichts unterschrieben oder geändert; versuchen Sie es erneut.
policy-denied = Hier nicht erlaubt
policy-denied-detail = Die Einstellungen dieses Computers erlauben dies nicht.
pin-incorrect = Falsche PIN
pin-incorrect-detail = Die PIN war falsch. Achtung: Nach drei falschen PINs ist die Karte gesperrt.
pin-blocked = PIN gesperrt
pin-blocked-detail = Die Karte ist nach zu vielen falschen PINs gesperrt. Die Gemeinde kann helfen.
not-found = Nicht gefunden
not-found-detail = Das gibt es hier nicht.
method-not-allowed = Methode nicht erlaubt
method-not-allowed-detail = Diese Adresse nimmt diese Methode nicht an.
not-acceptable = Format nicht vorhanden
not-acceptable-detail = Dies kann nicht im gewünschten Format gegeben werden.
no-card = Keine Karte
no-card-detail = Stecken Sie die Karte des Patienten in den Leser.
several-cards = Mehrere Karten
several-cards-detail = Es steckt mehr als eine Karte in den Lesern. Wählen Sie eine, oder lassen Sie nur eine stecken.
wrong-card = Falsche Karte
wrong-card-detail = Die Karte im Leser gehört jemand anderem.
operation-in-progress = Mit einer anderen Frage beschäftigt
operation-in-progress-detail = Auf dem Bildschirm steht schon eine Frage. Beantworten Sie diese zuerst.
idempotency-mismatch = Schlüssel schon benutzt
idempotency-mismatch-detail = Dieser Idempotency-Key kam schon mit einer anderen Anfrage.
card-removed = Karte entfernt
card-removed-detail = Die Karte wurde herausgenommen. Stecken Sie sie wieder ein und beginnen Sie neu.
too-large = Zu groß
too-large-detail = Die Anfrage ist größer als erlaubt.
unsupported-media-type = Format nicht unterstützt
unsupported-media-type-detail = Senden Sie die Anfrage als application/json.
wrong-host = Falscher Computer
wrong-host-detail = Diese Anfrage war für einen anderen Computer bestimmt.
unsupported-card = Keine brauchbare Karte
unsupported-card-detail = Dies ist keine belgische eID, oder eine, die diese Software nicht benutzen kann. Steckt sie richtig herum?
unsupported-algorithm = So kann nicht unterschrieben werden
unsupported-algorithm-detail = Diese Karte kann so nicht unterschreiben.
certificate-missing = Kein Zertifikat
certificate-missing-detail = Diese Karte hat kein Zertifikat zum Unterschreiben. Kinderkarten haben nie eines; ein Nachweis durch Lesen der Karte geht.
certificate-not-valid = Zertifikat nicht gültig
certificate-not-valid-detail = Das dafür nötige Zertifikat ist heute nicht gültig.
invalid-national-number = Nationalregisternummer stimmt nicht
invalid-national-number-detail = Die Prüfziffern der Nationalregisternummer stimmen nicht.
patient-mismatch = Karte eines anderen Patienten
patient-mismatch-detail = Die Karte gehört einer anderen Person als dem Patienten der Anfrage.
period-not-allowed = Zeitraum nicht erlaubt
period-not-allowed-detail = Dieser Zeitraum kann nicht registriert werden.
proof-not-allowed = Nachweis nicht möglich
proof-not-allowed-detail = Dieser Nachweis kann hier nicht erbracht werden.
card-expired = Karte heute nicht gültig
card-expired-detail = Die Karte ist abgelaufen oder noch nicht gültig. Der Patient braucht eine gültige Karte.
malformed-card-data = Daten der Karte nicht lesbar
malformed-card-data-detail = Ein Teil der Daten auf der Karte ist beschädigt.
identity-not-authentic = Echtheit nicht bestätigt
identity-not-authentic-detail = Es steht nicht fest, dass das Nationalregister diese Daten geschrieben hat. Es wurde nichts unterschrieben.
card-busy = Karte in Gebrauch
card-busy-detail = Ein anderes Programm benutzt die Karte. Versuchen Sie es gleich noch einmal.
too-many-requests = Zu viele Anfragen
too-many-requests-detail = Warten Sie ein wenig und versuchen Sie es erneut.
internal = Etwas ist schiefgegangen
internal-detail = Ein Fehler in dieser Software; das Protokoll sagt mehr.
card-error = Die Karte hat nicht richtig geantwortet
card-error-detail = Nehmen Sie die Karte heraus, wischen Sie den Chip ab, stecken Sie sie wieder ein und versuchen Sie es erneut.
pcsc-unavailable = Kein Kartendienst
pcsc-unavailable-detail = Der Kartendienst (pcscd) läuft nicht oder antwortet nicht. Starten Sie ihn: sudo systemctl start pcscd.socket
pcsc-not-authorised = Der Kartendienst weigert sich
pcsc-not-authorised-detail = Der Kartendienst (pcscd) lässt dieses Programm nicht zu.
no-reader = Kein Kartenleser
no-reader-detail = Schließen Sie einen Kartenleser an.

# Einzelheiten, die sagen, worum es geht.
detail-invalid-member = { $member }: { $reason }
detail-invalid-request = { $reason }
detail-pin-member = { $member }: Eine PIN wird nie an diesen Dienst gesendet. Sie wird am Leser oder in einem Fenster dieses Computers eingegeben.
detail-idempotency-key = Idempotency-Key wird noch nicht unterstützt; senden Sie die Anfrage ohne.
detail-no-certificate-there = Diese Karte hat kein Zertifikat an der Stelle für { $name }. Auf Karten kleiner Kinder fehlen eines oder beide Zertifikate des Inhabers.
detail-no-such-file = Diese Karte hat keine Datei { $name }. Nicht jede Kartengeneration hat dieselben.
detail-file-absent = Auf dieser Karte fehlt die Datei { $name }, die jeder Personalausweis hat. Vielleicht ist es eine Testkarte oder eine beschädigte Karte; bitten Sie um einen anderen Ausweis.
detail-no-such-card = Es gibt keine Karte mit dieser Nummer. Sie ändert sich bei jedem Einstecken: beidctl readers zeigt sie.
detail-no-such-reader = Es gibt keinen Kartenleser mit dieser Nummer. Die Kartenleser und ihre Nummern: beidctl readers
detail-no-such-token = Kein Token heißt «{ $name }». Die vorhandenen Token: beidctl token list
detail-no-such-certificate = Kein Zertifikat heißt «{ $name }». Es gibt: { $names }.
detail-no-such-file-name = Keine Datei heißt «{ $name }». Es gibt: { $names }.
detail-no-such-operation = Es gibt keinen Vorgang mit dieser Nummer, oder er ist nicht Ihrer. Ergebnisse werden zehn Minuten aufbewahrt.
detail-token-taken = Ein Token «{ $name }» gibt es schon. Nehmen Sie einen anderen Namen, oder widerrufen Sie jenes: beidctl token revoke { $name }
detail-token-name = Der Name eines Tokens hat 1 bis 64 Zeichen, darunter keine Steuerzeichen.
detail-card-field = Auf der Karte stimmt dieses Feld nicht: { $field } ({ $expected }).
detail-card-failure = { $cause }. Nehmen Sie die Karte heraus, wischen Sie den Chip ab, stecken Sie sie wieder ein und versuchen Sie es erneut.
detail-card-silent = Die Karte in { $reader } antwortet nicht. Ziehen Sie sie heraus und stecken Sie sie wieder ein.
detail-card-silent-pin = Die Karte in { $reader } hat auf die PIN nicht geantwortet. Ob sie einen Versuch gezählt hat, ist nicht bekannt. Ziehen Sie sie heraus und stecken Sie sie wieder ein; vor der nächsten PIN erfahren Sie, wie viele Versuche bleiben, wenn die Karte es sagt.
detail-no-card = Stecken Sie die Karte des Patienten in einen Leser für Patienten. Die Leser jetzt: { $readers }.
detail-no-provider-card = Stecken Sie die Karte des Gesundheitsdienstleisters in den Leser, der dafür da ist. Die Leser jetzt: { $readers }.
detail-several-cards = Es ist mehr als eine Karte da. Sagen Sie, welche gemeint ist, oder lassen Sie nur eine in den Lesern. Die Leser jetzt: { $readers }.
reader-holds = { $reader }{ $role ->
        [provider] { " " }(für die Karte des Gesundheitsdienstleisters)
       *[other] { "" }
    }: { $card ->
        [empty] leer
        [reading] eine Karte, die gerade gelesen wird
        [unsupported] eine Karte, die keine belgische eID ist
        [mute] eine Karte, die nicht antwortet
        [busy] eine Karte, die ein anderes Programm benutzt
       *[other] eine eID-Karte
    }
detail-pad-new-pins-differ = Die zwei neuen PINs am Leser waren nicht gleich. Es wurde nichts an die Karte gesendet; versuchen Sie es erneut.
detail-pad-pin-length = Die PIN am Leser war zu kurz oder zu lang: Eine PIN hat 4 bis 12 Ziffern. Es wurde nichts an die Karte gesendet; versuchen Sie es erneut.
detail-pad-refused = Die Tastatur dieses Lesers kann hierfür nicht benutzt werden. Es wurde nichts an die Karte gesendet; benutzen Sie einen anderen Leser.
detail-wrong-pin = Die PIN war falsch. Verbleibende Versuche: { $tries }. Danach ist die Karte gesperrt.
detail-new-pins-differ = Die zwei neuen PINs waren nicht gleich. Es wurde nichts an die Karte gesendet; die PIN ist dieselbe wie zuvor.
detail-new-pin-refused = Die Karte nimmt die neue PIN nicht an. Die bisherige gilt weiter; wählen Sie eine andere neue.
detail-no-pinentry = Es wurde kein Programm gefunden, um die PIN zu erfragen. Installieren Sie pinentry, oder nennen Sie eines in den Einstellungen.
detail-no-way-to-ask = Das PIN-Fenster konnte auf diesem Computer nicht gezeigt werden.
detail-asked-too-soon = Zu früh erneut gefragt: Das vorige Fenster wurde abgelehnt oder nicht beantwortet. Erneut fragen ist in { $seconds } s möglich.
detail-no-author = Es ist kein Gesundheitsdienstleister angegeben, und für diese Praxis keiner eingestellt ([provider] in den Einstellungen).
detail-signer-chain = Dem Signaturzertifikat kann nicht vertraut werden: { $cause }.
detail-signature-certificate-not-valid = Das Signaturzertifikat dieser Karte ist heute nicht gültig; es gilt vom { $from } bis { $until }. Die Daten der Karte sind echt: Ein Nachweis durch Lesen der Karte geht. Zum Unterschreiben ist eine neue Karte nötig, bei der Gemeinde.
detail-register-revoked = Das Zertifikat des Nationalregisters auf dieser Karte wurde widerrufen ({ $reason }). Bitten Sie den Patienten um eine andere Karte oder einen anderen Ausweis.
detail-signature-revoked = Das Signaturzertifikat dieser Karte wurde widerrufen ({ $reason }). Bitten Sie den Patienten um eine andere Karte oder einen anderen Ausweis.
detail-register-revocation-unknown = Es ließ sich nicht feststellen, ob das Zertifikat des Nationalregisters auf dieser Karte noch gültig ist ({ $reason }). Versuchen Sie es später noch einmal.
detail-signature-revocation-unknown = Es ließ sich nicht feststellen, ob das Signaturzertifikat dieser Karte noch gültig ist ({ $reason }). Versuchen Sie es später noch einmal.
detail-proof = { $reason }
detail-consent-no-certificate = Diese Karte hat kein Zertifikat zum Unterschreiben: Bis zum achtzehnten Geburtstag hat keine Karte eines. Verlangen Sie evidence «none», oder lassen Sie den Gesundheitsdienstleister unterschreiben (signer «provider»).
detail-consent-wrong-provider = Die Karte, die unterschreibt, muss einem Gesundheitsdienstleister gehören, der in author mit Nationalnummer genannt ist, und nicht dem Patienten.
detail-no-provider-reader = Kein Kartenleser ist für die eigene Karte des Gesundheitsdienstleisters bestimmt. Geben Sie einem diese Rolle: beidctl readers role ID provider.

# Was beidctl selbst sagt: Titel von Fehlern, und was aus Ergebnissen geworden ist.
ctl-usage = Die Befehlszeile stimmt nicht
ctl-not-running = beidd läuft nicht
ctl-not-running-detail = beidd läuft nicht. Starten Sie es: systemctl --user start beidd, oder beidd in einem anderen Terminal.
ctl-file-unusable = Eine Datei kann nicht verwendet werden
ctl-result-kept = Das Ergebnis liegt an einem anderen Ort
ctl-failed = Das hat nicht geklappt
ctl-kept-in-file = { $place } konnte nicht geschrieben werden: { $error }. Was unterschrieben wurde, ist nicht verloren: es liegt in { $kept }. Verschieben Sie es dorthin, wo es hingehört.
ctl-kept-here = { $place } konnte nicht geschrieben werden: { $error }. Auch keine andere Datei. Was unterschrieben wurde, ist nicht verloren, wenn Sie es von hier kopieren, in Base64: { $kept }
ctl-given-up = Sie haben abgebrochen. Es wurde nichts unterschrieben oder geändert.

# Warnungen in Worten.
warning-check-digits = Die Prüfziffern dieser Nummer stimmen nicht; einige solche Nummern gibt es.
warning-impossible-birth-date = Das Geburtsdatum in dieser Nationalregisternummer gibt es nicht, wie bei Nummern von Testpersonen.
warning-unchecked = Es ist nicht bekannt, wie eine solche Nummer geprüft werden kann.
warning-start-in-past = Die therapeutische Beziehung beginnt vor dem heutigen Tag.
warning-longer-than-usual = Der Zeitraum ist länger, als für diese therapeutische Beziehung üblich ist.
warning-no-usual-period = Es gibt kein Enddatum, und keines ist üblich: die Plattform wendet ihren eigenen Zeitraum an.
warning-longer-than-proof = Der Zeitraum ist länger, als ein solcher Nachweis erlaubt, soweit bekannt.
warning-stronger-proof-expected = Für eine solche therapeutische Beziehung wird ein stärkerer Nachweis erwartet.
warning-card-not-read = Es wurde keine Karte gelesen: ihre Nummer wurde eingetippt.
warning-author-not-listed = Soweit bekannt, darf ein solcher Autor das nicht tun.
warning-unusual-party = Diese Art von therapeutischer Beziehung, oder Ausschluss, ist nicht für einen solchen Dienstleister gedacht.
warning-person-missing = Hinter der Organisation oder dem Programm, das fragt, ist keine Person genannt.
warning-number-missing = Eine Nummer, die von einem solchen Autor erwartet wird, fehlt.
warning-unusual-length = Solche Parteien haben keine Nummern dieser Länge.
warning-type-not-in-use = Die Plattform registriert keine Einwilligungen dieser Art mehr.
warning-card-number-missing = Ein Dienstleister registriert diese Einwilligung ohne die Kartennummer des Patienten.
warning-isi-card-doubtful = Es ist nicht sicher, dass eine ISI+-Karte für eine Einwilligung genügt.
warning-birth-date-unknown = Der Geburtstag ist nicht bekannt; niemand kann also sagen, ob der Patient sechzehn ist.
warning-minor-decides = Ab sechzehn Jahren entscheiden Minderjährige selbst; hier handelt jemand anders für den Patienten.
warning-no-signature-certificate = Mit sechzehn oder siebzehn Jahren hat keine Karte ein Zertifikat zum Unterschreiben.
warning-not-in-document = Dafür gibt es im Dokument keinen Platz; es wird daneben aufbewahrt.
warning-no-official-text = Es gibt keinen offiziellen Text in der gewünschten Sprache: der niederländische wurde gezeigt.
warning-dates-not-given = Die Daten der therapeutischen Beziehung wurden nicht angegeben: vielleicht findet die Plattform nicht, was beendet werden soll.
warning-time-stamp-missing = Es gibt keinen Zeitstempel: der Dienst war nicht erreichbar, oder seine Antwort stimmte nicht.

# Was ein Patient sieht.
dialog-title = Mit Ihrer eID unterschreiben
dialog-asked-by-page = Die Website { $origin } bittet um Ihre Unterschrift.
dialog-asked-by-program = Ein Programm, das sich { $program } nennt, bittet um Ihre Unterschrift.
dialog-holder = Karte von: { $name }
dialog-covered = Mit Ihrer PIN unterschreiben Sie:
dialog-registered = Wird zusätzlich registriert, von der Unterschrift nicht erfasst:
dialog-patient = Patient: { $name }
dialog-provider = Gesundheitsdienstleister, laut Anfrage: { $name }
dialog-id-inss = ENSS { $value }
dialog-id-nihii = LIKIV { $value }
dialog-id-cbe = ZDU { $value }
dialog-id-eid-card = Kartennummer { $value }
dialog-id-isi-card = ISI+-Kartennummer { $value }
dialog-id-application = Anwendungs-ID { $value }
dialog-day = Datum: { $day }
dialog-type = Therapeutische Beziehung: { $type }
dialog-period = vom { $start } bis zum { $end } (nicht eingeschlossen)
dialog-period-open = ab { $start }
dialog-comment = Bemerkung, laut Gesundheitsdienstleister: { $text }
dialog-patient-stated = Patient, laut Anfrage: { $name }
dialog-author = verlangt von, laut Anfrage: { $name }
dialog-citizen = verlangt von: { $name }
dialog-representative = handelt für den Patienten, laut Anfrage: { $name }
dialog-break-the-glass = angegebener Grund für den Zugriff ohne therapeutische Beziehung: { $text }
dialog-revoked = Wird damit beendet, von der Unterschrift nicht erfasst:
dialog-strict-revoked = Bitte beachten: Diese therapeutische Beziehung wird beendet. Die Unterschrift selbst sagt das nicht.
dialog-links-one = Mit Ihrer PIN unterschreiben Sie für eine therapeutische Beziehung.
dialog-links = Mit Ihrer PIN unterschreiben Sie für { $count } therapeutische Beziehungen.
dialog-link-of = Therapeutische Beziehung { $number } von { $count }
dialog-signed-for-link = Sie unterschreiben:
dialog-unsigned-link = Wird gleichzeitig registriert, ohne Ihre Unterschrift:
dialog-tries-left = Verbleibende Versuche: { $tries }
dialog-last-try = Dies ist der letzte Versuch. Nach einer weiteren falschen PIN ist die Karte gesperrt, und nur die Gemeinde kann helfen. Fortfahren?
dialog-tries-unknown = Der letzte Versuch schlug fehl, und es ist nicht bekannt, wie viele Versuche bleiben. Nach drei falschen PINs ist die Karte gesperrt. Fortfahren?
dialog-pin = PIN:
dialog-pin-after-pages = Mit Ihrer PIN unterschreiben Sie, was Sie eben gelesen haben.
dialog-not-a-pin = Eine PIN hat 4 bis 12 Ziffern. Es wurde nichts an die Karte gesendet.
dialog-sign = Unterschreiben
dialog-yes = Ja
dialog-cancel = Abbrechen
dialog-keypad = Wählen Sie Weiter und geben Sie dann Ihre PIN am Kartenleser ein.
dialog-keypad-change = Wählen Sie Weiter. Der Kartenleser fragt dann nach Ihrer jetzigen PIN und zweimal nach der neuen.
dialog-go-on = Weiter

# Dateien, die unterschrieben werden.
dialog-content-unknown = Achtung: beidd kennt den Inhalt dessen nicht, was hier unterschrieben wird. Fahren Sie nur fort, wenn Sie dem Anfragenden vertrauen.
dialog-file-one = Mit Ihrer PIN unterschreiben Sie diese Datei:
dialog-files = Mit Ihrer PIN unterschreiben Sie diese { $count } Dateien:
dialog-file = { $name }, { $type }, { $size } Byte, { $digest }
dialog-file-by-digest = { $name }, { $type }, { $digest }
dialog-content-not-shown = Was in einer Datei steht, sehen Sie hier nur, wenn es ein kurzer Text ist. Kennen Sie eine Datei noch nicht, öffnen Sie sie vor dem Unterschreiben.
dialog-pin-once = Sie geben Ihre PIN einmal ein; die Karte leistet dann { $count } Unterschriften.
dialog-pin-each = Die Karte leistet { $count } Unterschriften. Der Kartenleser fragt { $count } Mal nach Ihrer PIN.
dialog-keypad-several = Wählen Sie Weiter und geben Sie Ihre PIN am Kartenleser ein, jedes Mal, wenn er danach fragt.

# Eine PIN, die geprüft oder geändert wird.
dialog-verify-title = Ihre PIN prüfen
dialog-asked-to-verify-by-page = Die Website { $origin } bittet darum, Ihre PIN prüfen zu lassen.
dialog-asked-to-verify-by-program = Ein Programm, das sich { $program } nennt, bittet darum, Ihre PIN prüfen zu lassen.
dialog-verify-in-short = Die Karte vergleicht Ihre PIN. Es wird nichts unterschrieben.
dialog-verify = Prüfen
dialog-change-title = Ihre PIN ändern
dialog-asked-to-change-by-page = Die Website { $origin } bittet darum, Ihre PIN zu ändern.
dialog-asked-to-change-by-program = Ein Programm, das sich { $program } nennt, bittet darum, Ihre PIN zu ändern.
dialog-change-in-short = Sie geben zuerst Ihre jetzige PIN ein und wählen dann eine neue. Es wird nichts unterschrieben.
dialog-change = Ändern
dialog-old-pin = Jetzige PIN:
dialog-new-pin-text = Wählen Sie eine neue PIN mit 4 bis 12 Ziffern.
dialog-new-pin = Neue PIN:
dialog-new-pin-again-text = Geben Sie die neue PIN noch einmal ein.
dialog-new-pin-again = Noch einmal:
dialog-new-pins-differ = Die zwei neuen PINs waren nicht gleich. Es wurde nichts an die Karte gesendet.

# Wofür ein Leser da ist.
dialog-role-title = Wofür ein Kartenleser da ist
dialog-asked-for-role-by-page = Die Website { $origin } will ändern, wofür ein Kartenleser da ist.
dialog-asked-for-role-by-program = Ein Programm, das sich { $program } nennt, will ändern, wofür ein Kartenleser da ist.
dialog-reader = Kartenleser: { $name }
dialog-role-now = Jetzt: { $role }
dialog-role-then = Von nun an, wenn Sie Ja sagen: { $role }
dialog-role-patient = für die Karten der Patienten
dialog-role-provider = für die eigene Karte des Gesundheitsdienstleisters, nie die eines Patienten
dialog-role-any = für jede Karte

# Eine Einwilligung, die gegeben oder zurückgezogen wird.
dialog-consent-put = was: die Einwilligung zum Teilen von Gesundheitsdaten eintragen
dialog-consent-revoke = was: die Einwilligung zum Teilen von Gesundheitsdaten zurückziehen
dialog-consent-type = sie betrifft: { $type }
dialog-consent-signed = Einwilligung gegeben am: { $day }
dialog-consent-revoked = Einwilligung zurückgezogen am: { $day }
dialog-consent-text = Text: { $id }, Sprache { $language }, Fassung { $version }; Sie lesen ihn ganz auf den nächsten Seiten
dialog-consent-acts = handelt für den Patienten, laut Angabe: { $name }, { $capacity }
dialog-consent-effect = Ein Widerruf gilt in ganz Belgien. Gesundheitsdienstleister, die diese Einwilligung nutzten, können mit ihr keine geteilten Gesundheitsdaten mehr einsehen, und alle Dienste, die auf ihr beruhen, enden.
dialog-consent-provider-signs = Sie unterschreiben als Gesundheitsdienstleister, nicht als Patient.
dialog-consent-text-title = Amtlicher Text ({ $language })
dialog-consent-in-short = Mit Ihrer PIN unterschreiben Sie die Eintragung und den amtlichen Text, den Sie gerade gelesen haben.
dialog-explanation-title = Erklärung, nicht der amtliche Text
dialog-glossary-mark = Wörter aus dem amtlichen Text. Diese Erklärung wird nicht unterschrieben.
