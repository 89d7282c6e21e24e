# Fouten: titel, dan wat er gebeurde en wat u kunt doen.
invalid-request = Het verzoek klopt niet
invalid-request-detail = Een deel van het verzoek ontbreekt, is onbekend of niet wat het moet zijn.
token-missing = Er is een token nodig
token-missing-detail = Stuur het token mee in de Authorization-header, als «Bearer …».
token-invalid = Het token is ongeldig
token-invalid-detail = Het token is onbekend, ingetrokken of van een andere website.
token-expired = Het token is verlopen
token-expired-detail = Vraag een nieuw token.
origin-not-paired = Deze website is niet toegelaten
origin-not-paired-detail = Deze website heeft geen toestemming om de kaartlezer van deze computer te gebruiken.
scope-missing = Niet toegelaten
scope-missing-detail = Het token laat dit niet toe.
user-declined = Geannuleerd
user-declined-detail = De persoon aan de computer heeft geannuleerd. Er is niets ondertekend of gewijzigd.
user-timeout = Geen antwoord
user-timeout-detail = Niemand antwoordde op tijd. Er is niets ondertekend of gewijzigd; probeer opnieuw.
policy-denied = Hier niet toegelaten
policy-denied-detail = De instellingen van deze computer laten dit niet toe.
pin-incorrect = Verkeerde pincode
pin-incorrect-detail = De pincode was verkeerd. Let op: na drie verkeerde pincodes is de kaart geblokkeerd.
pin-blocked = Pincode geblokkeerd
pin-blocked-detail = De kaart is geblokkeerd na te veel verkeerde pincodes. De gemeente kan helpen.
not-found = Niet gevonden
not-found-detail = Dit bestaat hier niet.
method-not-allowed = Methode niet toegelaten
method-not-allowed-detail = Dit adres aanvaardt deze methode niet.
not-acceptable = Dit formaat bestaat niet
not-acceptable-detail = Dit kan niet in het gevraagde formaat gegeven worden.
no-card = Geen kaart
no-card-detail = Steek de kaart van de patiënt in de lezer.
several-cards = Meer dan één kaart
several-cards-detail = Er zit meer dan één kaart in de lezers. Kies er een, of laat er maar één zitten.
wrong-card = Verkeerde kaart
wrong-card-detail = De kaart in de lezer is van iemand anders.
operation-in-progress = Bezig met een andere vraag
operation-in-progress-detail = Er staat al een vraag op het scherm. Beantwoord die eerst.
idempotency-mismatch = Sleutel al gebruikt
idempotency-mismatch-detail = Deze Idempotency-Key kwam al met een ander verzoek.
card-removed = Kaart verwijderd
card-removed-detail = De kaart is uit de lezer genomen. Steek ze terug en begin opnieuw.
too-large = Te groot
too-large-detail = Het verzoek is groter dan toegelaten.
unsupported-media-type = Formaat niet ondersteund
unsupported-media-type-detail = Stuur het verzoek als application/json.
wrong-host = Verkeerde computer
wrong-host-detail = Dit verzoek was voor een andere computer bedoeld.
unsupported-card = Geen bruikbare kaart
unsupported-card-detail = Dit is geen Belgische eID, of een die deze software niet kan gebruiken. Zit ze juist in de lezer?
unsupported-algorithm = Zo ondertekenen kan niet
unsupported-algorithm-detail = Deze kaart kan zo niet ondertekenen.
certificate-missing = Geen certificaat
certificate-missing-detail = Deze kaart heeft geen certificaat om te ondertekenen. Kinderkaarten hebben er nooit een; een bewijs door de kaart te lezen kan wel.
certificate-not-valid = Certificaat niet geldig
certificate-not-valid-detail = Het certificaat dat hiervoor nodig is, is vandaag niet geldig.
invalid-national-number = Rijksregisternummer klopt niet
invalid-national-number-detail = De controlecijfers van het rijksregisternummer kloppen niet.
patient-mismatch = Kaart van een andere patiënt
patient-mismatch-detail = De kaart is van iemand anders dan de patiënt van het verzoek.
period-not-allowed = Periode niet toegelaten
period-not-allowed-detail = Deze periode kan niet geregistreerd worden.
proof-not-allowed = Bewijs niet mogelijk
proof-not-allowed-detail = Dit bewijs kan hier niet gegeven worden.
card-expired = Kaart vandaag niet geldig
card-expired-detail = De kaart is vervallen of nog niet geldig. De patiënt heeft een geldige kaart nodig.
malformed-card-data = Gegevens op de kaart onleesbaar
malformed-card-data-detail = Een deel van de gegevens op de kaart is beschadigd.
identity-not-authentic = Echtheid niet bevestigd
identity-not-authentic-detail = Het is niet zeker dat het Rijksregister deze gegevens schreef. Er is niets ondertekend.
card-busy = Kaart in gebruik
card-busy-detail = Een ander programma gebruikt de kaart. Probeer het zo dadelijk opnieuw.
too-many-requests = Te veel verzoeken
too-many-requests-detail = Wacht even en probeer opnieuw.
internal = Er ging iets mis
internal-detail = Een fout in deze software; het logboek zegt meer.
card-error = De kaart antwoordde niet goed
card-error-detail = Neem de kaart uit de lezer, veeg de chip schoon, steek ze terug en probeer opnieuw.
pcsc-unavailable = Geen kaartdienst
pcsc-unavailable-detail = De kaartdienst (pcscd) draait niet of antwoordt niet. Start hem: sudo systemctl start pcscd.socket
pcsc-not-authorised = De kaartdienst weigert
pcsc-not-authorised-detail = De kaartdienst (pcscd) laat dit programma niet toe.
no-reader = Geen kaartlezer
no-reader-detail = Sluit een kaartlezer aan.

# Details die zeggen waarover het gaat.
detail-invalid-member = { $member }: { $reason }
detail-invalid-request = { $reason }
detail-pin-member = { $member }: een pincode wordt nooit naar deze dienst gestuurd. Ze wordt ingetikt op de lezer of in een venster van deze computer.
detail-idempotency-key = Idempotency-Key wordt nog niet ondersteund; stuur het verzoek zonder.
detail-no-certificate-there = Deze kaart heeft geen certificaat op de plaats voor { $name }. Op kaarten van jonge kinderen ontbreken een of beide certificaten van de houder.
detail-no-such-file = Deze kaart heeft geen bestand { $name }. Niet elke generatie kaarten heeft dezelfde.
detail-file-absent = Op deze kaart ontbreekt het bestand { $name }, dat elke identiteitskaart heeft. Misschien is het een testkaart of een beschadigde kaart; vraag een ander identiteitsbewijs.
detail-no-such-card = Er is geen kaart met dit nummer. Het verandert telkens als de kaart ingestoken wordt: beidctl readers toont het.
detail-no-such-reader = Er is geen kaartlezer met dit nummer. De kaartlezers en hun nummers: beidctl readers
detail-no-such-token = Er is geen token met de naam «{ $name }». De tokens die er zijn: beidctl token list
detail-no-such-certificate = Er is geen certificaat met de naam «{ $name }». Dit zijn ze: { $names }.
detail-no-such-file-name = Er is geen bestand met de naam «{ $name }». Dit zijn ze: { $names }.
detail-no-such-operation = Er is geen bewerking met dit nummer, of ze is niet van u. Resultaten blijven tien minuten bewaard.
detail-token-taken = Er bestaat al een token met de naam «{ $name }». Kies een andere naam, of trek dat in: beidctl token revoke { $name }
detail-token-name = De naam van een token heeft 1 tot 64 tekens, zonder stuurtekens.
detail-card-field = Op de kaart klopt dit veld niet: { $field } ({ $expected }).
detail-card-failure = { $cause }. Neem de kaart uit de lezer, veeg de chip schoon, steek ze terug en probeer opnieuw.
detail-card-silent = De kaart in { $reader } antwoordt niet. Haal ze eruit en steek ze opnieuw in.
detail-card-silent-pin = De kaart in { $reader } heeft niet op de pincode geantwoord. Of ze een poging heeft geteld, is niet bekend. Haal ze eruit en steek ze opnieuw in; vóór de volgende pincode ziet u hoeveel pogingen er nog zijn, als de kaart dat zegt.
detail-no-card = Steek de kaart van de patiënt in een lezer voor patiënten. De lezers nu: { $readers }.
detail-no-provider-card = Steek de kaart van de zorgverlener in de lezer die ervoor dient. De lezers nu: { $readers }.
detail-several-cards = Er is meer dan één kaart. Zeg welke, of laat er maar één in de lezers. De lezers nu: { $readers }.
reader-holds = { $reader }{ $role ->
        [provider] { " " }(voor de kaart van de zorgverlener)
       *[other] { "" }
    }: { $card ->
        [empty] leeg
        [reading] een kaart die gelezen wordt
        [unsupported] een kaart die geen Belgische eID is
        [mute] een kaart die niet antwoordt
        [busy] een kaart die een ander programma gebruikt
       *[other] een eID-kaart
    }
detail-pad-new-pins-differ = De twee nieuwe pincodes op de lezer waren niet dezelfde. Er is niets naar de kaart gestuurd; probeer opnieuw.
detail-pad-pin-length = De pincode op de lezer was te kort of te lang: een pincode heeft 4 tot 12 cijfers. Er is niets naar de kaart gestuurd; probeer opnieuw.
detail-pad-refused = Het toetsenbord van deze lezer kan hiervoor niet gebruikt worden. Er is niets naar de kaart gestuurd; gebruik een andere lezer.
detail-wrong-pin = De pincode was verkeerd. Resterende pogingen: { $tries }. Daarna is de kaart geblokkeerd.
detail-new-pins-differ = De twee nieuwe pincodes waren niet dezelfde. Er is niets naar de kaart gestuurd; de pincode is nog dezelfde als voorheen.
detail-new-pin-refused = De kaart aanvaardt de nieuwe pincode niet. De vorige pincode geldt nog; kies een andere nieuwe.
detail-no-pinentry = Er is geen programma gevonden om de pincode te vragen. Installeer pinentry, of noem er een in de instellingen.
detail-no-way-to-ask = Het venster voor de pincode kon op deze computer niet getoond worden.
detail-asked-too-soon = Te snel opnieuw gevraagd: het vorige venster werd geweigerd of niet beantwoord. Opnieuw vragen kan over { $seconds } s.
detail-no-author = Er is geen zorgverlener opgegeven, en geen ingesteld voor deze praktijk ([provider] in de instellingen).
detail-signer-chain = Het handtekeningcertificaat wordt niet vertrouwd: { $cause }.
detail-signature-certificate-not-valid = Het handtekeningcertificaat op deze kaart is vandaag niet geldig; het geldt van { $from } tot { $until }. De gegevens op de kaart zijn wel echt: een bewijs door de kaart te lezen kan. Voor een handtekening is een nieuwe kaart nodig, bij de gemeente.
detail-register-revoked = Het certificaat van het Rijksregister op deze kaart is ingetrokken ({ $reason }). Vraag de patiënt om een andere kaart of een ander document.
detail-signature-revoked = Het handtekeningcertificaat op deze kaart is ingetrokken ({ $reason }). Vraag de patiënt om een andere kaart of een ander document.
detail-register-revocation-unknown = Er kon niet nagegaan worden of het certificaat van het Rijksregister op deze kaart nog geldig is ({ $reason }). Probeer het later opnieuw.
detail-signature-revocation-unknown = Er kon niet nagegaan worden of het handtekeningcertificaat op deze kaart nog geldig is ({ $reason }). Probeer het later opnieuw.
detail-proof = { $reason }
detail-consent-no-certificate = Deze kaart heeft geen certificaat om mee te ondertekenen: tot de achttiende verjaardag heeft geen enkele kaart er een. Vraag evidence «none», of laat de zorgverlener ondertekenen (signer «provider»).
detail-consent-wrong-provider = De kaart die ondertekent moet van een zorgverlener zijn die met rijksregisternummer in author staat, en niet van de patiënt.
detail-no-provider-reader = Geen kaartlezer is ingesteld voor de eigen kaart van de zorgverlener. Geef er een die rol: beidctl readers role ID provider.

# Wat beidctl zelf zegt: titels van fouten, en wat er van resultaten geworden is.
ctl-usage = De opdrachtregel klopt niet
ctl-not-running = beidd draait niet
ctl-not-running-detail = beidd draait niet. Start het: systemctl --user start beidd, of beidd in een andere terminal.
ctl-file-unusable = Een bestand kan niet gebruikt worden
ctl-result-kept = Het resultaat staat op een andere plaats
ctl-failed = Het is niet gelukt
ctl-kept-in-file = { $place } kon niet geschreven worden: { $error }. Wat ondertekend is, is niet verloren: het staat in { $kept }. Verplaats het naar waar het hoort.
ctl-kept-here = { $place } kon niet geschreven worden: { $error }. Een ander bestand evenmin. Wat ondertekend is, is niet verloren als u het hier overneemt, in base64: { $kept }
ctl-given-up = U hebt het opgegeven. Er is niets ondertekend of gewijzigd.

# Waarschuwingen in woorden.
warning-check-digits = De controlecijfers van dit nummer kloppen niet; er bestaan enkele zulke nummers.
warning-impossible-birth-date = De geboortedatum in dit rijksregisternummer bestaat niet, zoals bij nummers van testpersonen.
warning-unchecked = Er is geen manier bekend om zo'n nummer te controleren.
warning-start-in-past = De zorgrelatie begint vóór vandaag.
warning-longer-than-usual = De periode is langer dan gebruikelijk voor deze zorgrelatie.
warning-no-usual-period = Er is geen einddatum, en geen enkele is gebruikelijk: het platform past zijn eigen periode toe.
warning-longer-than-proof = De periode is langer dan zo'n bewijs toelaat, voor zover bekend.
warning-stronger-proof-expected = Voor zo'n zorgrelatie wordt een sterker bewijs verwacht.
warning-card-not-read = Er is geen kaart gelezen: het nummer is ingetikt.
warning-author-not-listed = Voor zover bekend mag zo'n auteur dit niet doen.
warning-unusual-party = Deze soort zorgrelatie, of uitsluiting, is niet bedoeld voor zo'n zorgverlener.
warning-person-missing = Er is geen persoon genoemd achter de organisatie of het programma dat dit vraagt.
warning-number-missing = Een nummer dat van zo'n auteur verwacht wordt, ontbreekt.
warning-unusual-length = Zulke partijen hebben geen nummers van deze lengte.
warning-type-not-in-use = Het platform registreert geen toestemmingen van dit type meer.
warning-card-number-missing = Een zorgverlener registreert deze toestemming zonder het kaartnummer van de patiënt.
warning-isi-card-doubtful = Het is niet zeker dat een ISI+-kaart volstaat voor een toestemming.
warning-birth-date-unknown = De geboortedag is niet bekend, dus niemand kan zeggen of de patiënt zestien is.
warning-minor-decides = Vanaf zestien jaar beslissen minderjarigen zelf; hier treedt iemand anders op voor de patiënt.
warning-no-signature-certificate = Op zestien of zeventien jaar heeft geen enkele kaart een certificaat om te ondertekenen.
warning-not-in-document = Hiervoor is geen plaats in het document; het wordt ernaast bewaard.
warning-no-official-text = Er is geen officiële tekst in de gevraagde taal: de Nederlandse is getoond.
warning-dates-not-given = De datums van de zorgrelatie zijn niet opgegeven: misschien vindt het platform niet wat beëindigd moet worden.
warning-time-stamp-missing = Er is geen tijdstempel: de dienst daarvoor was niet bereikbaar, of het antwoord klopte niet.

# Wat een patiënt te zien krijgt.
dialog-title = Ondertekenen met uw eID
dialog-asked-by-page = De website { $origin } vraagt uw handtekening.
dialog-asked-by-program = Een programma dat zich { $program } noemt, vraagt uw handtekening.
dialog-holder = Kaart van: { $name }
dialog-covered = Met uw pincode ondertekent u:
dialog-registered = Wordt mee geregistreerd, valt niet onder de handtekening:
dialog-patient = patiënt: { $name }
dialog-provider = zorgverlener, zoals opgegeven: { $name }
dialog-id-inss = INSZ { $value }
dialog-id-nihii = RIZIV { $value }
dialog-id-cbe = KBO { $value }
dialog-id-eid-card = kaartnummer { $value }
dialog-id-isi-card = ISI+-kaartnummer { $value }
dialog-id-application = toepassings-id { $value }
dialog-day = datum: { $day }
dialog-type = zorgrelatie: { $type }
dialog-period = vanaf { $start } tot { $end } (niet inbegrepen)
dialog-period-open = vanaf { $start }
dialog-comment = opmerking, volgens de zorgverlener: { $text }
dialog-patient-stated = patiënt, zoals opgegeven: { $name }
dialog-author = gevraagd door, zoals opgegeven: { $name }
dialog-citizen = gevraagd door: { $name }
dialog-representative = treedt op voor de patiënt, zoals opgegeven: { $name }
dialog-break-the-glass = opgegeven reden voor toegang zonder zorgrelatie: { $text }
dialog-revoked = Wordt mee beëindigd, valt niet onder de handtekening:
dialog-strict-revoked = Let op: deze zorgrelatie wordt beëindigd. De handtekening zelf zegt dat niet.
dialog-links-one = Met uw pincode ondertekent u voor één zorgrelatie.
dialog-links = Met uw pincode ondertekent u voor { $count } zorgrelaties.
dialog-link-of = Zorgrelatie { $number } van { $count }
dialog-signed-for-link = U ondertekent:
dialog-unsigned-link = Wordt tegelijk geregistreerd, zonder uw handtekening:
dialog-tries-left = Resterende pogingen: { $tries }
dialog-last-try = Dit is de laatste poging. Na nog een verkeerde pincode is de kaart geblokkeerd en kan alleen de gemeente helpen. Verder gaan?
dialog-tries-unknown = De vorige poging mislukte en het is niet bekend hoeveel pogingen er nog zijn. Na drie verkeerde pincodes is de kaart geblokkeerd. Verder gaan?
dialog-pin = Pincode:
dialog-pin-after-pages = Met uw pincode ondertekent u wat u net gelezen hebt.
dialog-not-a-pin = Een pincode heeft 4 tot 12 cijfers. Er is niets naar de kaart gestuurd.
dialog-sign = Ondertekenen
dialog-yes = Ja
dialog-cancel = Annuleren
dialog-keypad = Kies Verder en tik dan uw pincode in op de kaartlezer.
dialog-keypad-change = Kies Verder. De kaartlezer vraagt dan uw huidige pincode en tweemaal de nieuwe.
dialog-go-on = Verder

# Bestanden die ondertekend worden.
dialog-content-unknown = Let op: beidd kent de inhoud niet van wat hier ondertekend wordt. Ga alleen verder als u de vrager vertrouwt.
dialog-file-one = Met uw pincode ondertekent u dit bestand:
dialog-files = Met uw pincode ondertekent u deze { $count } bestanden:
dialog-file = { $name }, { $type }, { $size } bytes, { $digest }
dialog-file-by-digest = { $name }, { $type }, { $digest }
dialog-content-not-shown = Wat in een bestand staat, ziet u hier alleen als het een korte tekst is. Kent u een bestand nog niet, open het dan voor u ondertekent.
dialog-pin-once = U tikt uw pincode één keer in; de kaart zet dan { $count } handtekeningen.
dialog-pin-each = De kaart zet { $count } handtekeningen. De kaartlezer vraagt { $count } keer om uw pincode.
dialog-keypad-several = Kies Verder en tik dan uw pincode in op de kaartlezer, telkens als die erom vraagt.

# Een pincode controleren of wijzigen.
dialog-verify-title = Uw pincode controleren
dialog-asked-to-verify-by-page = De website { $origin } vraagt om uw pincode te laten controleren.
dialog-asked-to-verify-by-program = Een programma dat zich { $program } noemt, vraagt om uw pincode te laten controleren.
dialog-verify-in-short = De kaart vergelijkt uw pincode. Er wordt niets ondertekend.
dialog-verify = Controleren
dialog-change-title = Uw pincode wijzigen
dialog-asked-to-change-by-page = De website { $origin } vraagt om uw pincode te wijzigen.
dialog-asked-to-change-by-program = Een programma dat zich { $program } noemt, vraagt om uw pincode te wijzigen.
dialog-change-in-short = U tikt eerst uw huidige pincode in en kiest dan een nieuwe. Er wordt niets ondertekend.
dialog-change = Wijzigen
dialog-old-pin = Huidige pincode:
dialog-new-pin-text = Kies een nieuwe pincode van 4 tot 12 cijfers.
dialog-new-pin = Nieuwe pincode:
dialog-new-pin-again-text = Tik de nieuwe pincode nog eens in.
dialog-new-pin-again = Nog eens:
dialog-new-pins-differ = De twee nieuwe pincodes waren niet dezelfde. Er is niets naar de kaart gestuurd.

# Waarvoor een lezer dient.
dialog-role-title = Waarvoor een kaartlezer dient
dialog-asked-for-role-by-page = De website { $origin } wil wijzigen waarvoor een kaartlezer dient.
dialog-asked-for-role-by-program = Een programma dat zich { $program } noemt, wil wijzigen waarvoor een kaartlezer dient.
dialog-reader = Kaartlezer: { $name }
dialog-role-now = Nu: { $role }
dialog-role-then = Vanaf nu, als u ja zegt: { $role }
dialog-role-patient = voor de kaarten van patiënten
dialog-role-provider = voor de eigen kaart van de zorgverlener, nooit die van een patiënt
dialog-role-any = voor elke kaart

# Een toestemming die wordt gegeven of ingetrokken.
dialog-consent-put = wat: de toestemming registreren om gezondheidsgegevens te delen
dialog-consent-revoke = wat: de toestemming intrekken om gezondheidsgegevens te delen
dialog-consent-type = ze gaat over: { $type }
dialog-consent-signed = toestemming gegeven op: { $day }
dialog-consent-revoked = toestemming ingetrokken op: { $day }
dialog-consent-text = tekst: { $id }, taal { $language }, versie { $version }; u leest hem volledig op de volgende pagina's
dialog-consent-acts = treedt op voor de patiënt, naar opgave: { $name }, { $capacity }
dialog-consent-effect = Een intrekking geldt in heel België. Zorgverleners die deze toestemming gebruikten, kunnen er geen gedeelde gezondheidsgegevens meer mee inzien, en alle diensten die erop steunen, stoppen.
dialog-consent-provider-signs = U ondertekent als zorgverlener, niet als patiënt.
dialog-consent-text-title = Officiële tekst ({ $language })
dialog-consent-in-short = Met uw pincode ondertekent u de registratie en de officiële tekst die u net hebt gelezen.
dialog-explanation-title = Uitleg, niet de officiële tekst
dialog-glossary-mark = Woorden uit de officiële tekst. Deze uitleg wordt niet ondertekend.
