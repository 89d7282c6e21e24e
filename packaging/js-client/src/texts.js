/** Texts for people, in the four languages: pages have no other way to say why the daemon cannot be reached. */

/** Languages of the texts. */
export const LANGUAGES = /** @type {const} */ (["nl", "fr", "de", "en"]);

/** @typedef {(typeof LANGUAGES)[number]} Language */

/**
 * What happened, and the next step, in the order of {@link LANGUAGES}.
 * @typedef {readonly [readonly [string, string], readonly [string, string], readonly [string, string], readonly [string, string]]} TextRow
 */

/**
 * Texts of faults of the way to the daemon.
 * @satisfies {Record<string, TextRow>}
 */
export const CONNECTION_TEXTS = /** @type {const} */ ({
    notRunning: [
        ["Het eID-programma (beidd) werkt niet op deze computer.", "Start het programma of laat het installeren, en probeer opnieuw."],
        ["Le programme eID (beidd) ne fonctionne pas sur cet ordinateur.", "Démarrez le programme ou faites-le installer, puis réessayez."],
        ["Das eID-Programm (beidd) läuft nicht auf diesem Computer.", "Starten Sie das Programm oder lassen Sie es installieren, und versuchen Sie es erneut."],
        ["The eID program (beidd) is not running on this computer.", "Start the program or have it installed, then try again."],
    ],
    permissionDenied: [
        ["De browser laat deze pagina niet toe om het eID-programma op deze computer te bereiken.", "Klik op het pictogram links van het adres, sta „apps op dit apparaat” of „lokaal netwerk” toe, en laad de pagina opnieuw."],
        ["Le navigateur ne permet pas à cette page d’atteindre le programme eID de cet ordinateur.", "Cliquez sur l’icône à gauche de l’adresse, autorisez « applications sur cet appareil » ou « réseau local », puis rechargez la page."],
        ["Der Browser erlaubt dieser Seite nicht, das eID-Programm auf diesem Computer zu erreichen.", "Klicken Sie auf das Symbol links neben der Adresse, erlauben Sie „Apps auf dem Gerät“ oder „lokales Netzwerk“, und laden Sie die Seite neu."],
        ["The browser does not let this page reach the eID program on this computer.", "Click the icon to the left of the address, allow “apps on device” or “local network”, and reload the page."],
    ],
    permissionNotAsked: [
        ["De browser heeft nog geen toestemming gekregen om het eID-programma op deze computer te bereiken.", "Probeer opnieuw en kies „Toestaan” wanneer de browser ernaar vraagt."],
        ["Le navigateur n’a pas encore reçu l’autorisation d’atteindre le programme eID de cet ordinateur.", "Réessayez et choisissez « Autoriser » lorsque le navigateur le demande."],
        ["Der Browser hat noch keine Erlaubnis, das eID-Programm auf diesem Computer zu erreichen.", "Versuchen Sie es erneut und wählen Sie „Zulassen“, wenn der Browser fragt."],
        ["The browser has not yet been given permission to reach the eID program on this computer.", "Try again and choose “Allow” when the browser asks."],
    ],
    certificateNotTrusted: [
        ["De browser vertrouwt het certificaat van het eID-programma niet.", "Laat „beidctl tls install” uitvoeren, herstart de browser, en probeer opnieuw."],
        ["Le navigateur ne fait pas confiance au certificat du programme eID.", "Faites exécuter « beidctl tls install », redémarrez le navigateur, puis réessayez."],
        ["Der Browser vertraut dem Zertifikat des eID-Programms nicht.", "Lassen Sie „beidctl tls install“ ausführen, starten Sie den Browser neu, und versuchen Sie es erneut."],
        ["The browser does not trust the certificate of the eID program.", "Have “beidctl tls install” run, restart the browser, then try again."],
    ],
    anotherProgram: [
        ["Een ander programma gebruikt de poort van het eID-programma.", "Verwittig uw informaticadienst: sluit dat programma af en herstart beidd."],
        ["Un autre programme occupe le port du programme eID.", "Avertissez votre service informatique : fermez ce programme et redémarrez beidd."],
        ["Ein anderes Programm belegt den Port des eID-Programms.", "Benachrichtigen Sie Ihre IT-Abteilung: das Programm beenden und beidd neu starten."],
        ["Another program uses the port of the eID program.", "Tell your IT department: end that program and restart beidd."],
    ],
    notAnswering: [
        ["Iets op deze computer aanvaardt de verbinding, maar antwoordt niet.", "Herstart het eID-programma (beidd) en probeer opnieuw."],
        ["Quelque chose sur cet ordinateur accepte la connexion, mais ne répond pas.", "Redémarrez le programme eID (beidd), puis réessayez."],
        ["Etwas auf diesem Computer nimmt die Verbindung an, antwortet aber nicht.", "Starten Sie das eID-Programm (beidd) neu, und versuchen Sie es erneut."],
        ["Something on this computer accepts the connection but does not answer.", "Restart the eID program (beidd), then try again."],
    ],
    anotherVersion: [
        ["Deze pagina en het eID-programma op deze computer passen niet bij elkaar: hun versies verschillen.", "Laat het eID-programma bijwerken of laad de pagina opnieuw."],
        ["Cette page et le programme eID de cet ordinateur ne se comprennent pas : leurs versions diffèrent.", "Faites mettre à jour le programme eID ou rechargez la page."],
        ["Diese Seite und das eID-Programm auf diesem Computer passen nicht zusammen: Die Versionen sind verschieden.", "Lassen Sie das eID-Programm aktualisieren oder laden Sie die Seite neu."],
        ["This page and the eID program on this computer do not fit together: their versions differ.", "Have the eID program updated, or reload the page."],
    ],
    notPaired: [
        ["Het eID-programma kent deze pagina niet, of niet meer.", "Vraag opnieuw toegang en bevestig in het venster van het eID-programma."],
        ["Le programme eID ne connaît pas cette page, ou plus.", "Demandez à nouveau l’accès et confirmez dans la fenêtre du programme eID."],
        ["Das eID-Programm kennt diese Seite nicht oder nicht mehr.", "Bitten Sie erneut um Zugang und bestätigen Sie im Fenster des eID-Programms."],
        ["The eID program does not know this page, or no longer knows it.", "Ask for access again, and confirm in the window of the eID program."],
    ],
    pairingRefused: [
        ["De toegang van deze pagina tot het eID-programma werd geweigerd.", "Was dat niet de bedoeling, vraag dan opnieuw toegang."],
        ["L’accès de cette page au programme eID a été refusé.", "Si ce n’était pas voulu, demandez à nouveau l’accès."],
        ["Der Zugang dieser Seite zum eID-Programm wurde abgelehnt.", "War das nicht beabsichtigt, bitten Sie erneut um Zugang."],
        ["Access of this page to the eID program was refused.", "If that was not intended, ask for access again."],
    ],
    pairingExpired: [
        ["De vraag om toegang werd niet op tijd beantwoord.", "Vraag opnieuw toegang en kijk of er een venster openstaat."],
        ["La demande d’accès n’a pas reçu de réponse à temps.", "Demandez à nouveau l’accès et vérifiez si une fenêtre est ouverte."],
        ["Die Bitte um Zugang wurde nicht rechtzeitig beantwortet.", "Bitten Sie erneut um Zugang und achten Sie auf ein offenes Fenster."],
        ["The request for access was not answered in time.", "Ask for access again, and look for an open window."],
    ],
    pageNotAllowed: [
        ["Deze pagina mag het eID-programma niet gebruiken, omdat ze niet via https geopend is.", "Open de pagina met een adres dat met https:// begint."],
        ["Cette page ne peut pas utiliser le programme eID, car elle n’est pas ouverte en https.", "Ouvrez la page avec une adresse qui commence par https://."],
        ["Diese Seite darf das eID-Programm nicht benutzen, weil sie nicht über https geöffnet ist.", "Öffnen Sie die Seite mit einer Adresse, die mit https:// beginnt."],
        ["This page may not use the eID program, because it was not opened over https.", "Open the page with an address that begins with https://."],
    ],
    connectionLost: [
        ["De verbinding met het eID-programma is verbroken voor er een antwoord was.", "Kijk eerst of de handeling is uitgevoerd, en probeer dan opnieuw."],
        ["La connexion avec le programme eID a été coupée avant la réponse.", "Vérifiez d’abord si l’opération a eu lieu, puis réessayez."],
        ["Die Verbindung zum eID-Programm brach ab, bevor eine Antwort kam.", "Prüfen Sie zuerst, ob der Vorgang ausgeführt wurde, und versuchen Sie es dann erneut."],
        ["The connection to the eID program was lost before there was an answer.", "First check whether the action was carried out, then try again."],
    ],
});

/**
 * Texts of states, in the order of {@link LANGUAGES}. `{code}` is the match code.
 * @satisfies {Record<string, readonly [string, string, string, string]>}
 */
export const STATE_TEXTS = /** @type {const} */ ({
    searching: ["Het eID-programma wordt gezocht …", "Recherche du programme eID …", "Das eID-Programm wird gesucht …", "Looking for the eID program …"],
    askingBrowser: [
        "Kies „Toestaan” in de vraag van de browser, bovenaan in het venster.",
        "Choisissez « Autoriser » dans la question du navigateur, en haut de la fenêtre.",
        "Wählen Sie „Zulassen“ in der Frage des Browsers oben im Fenster.",
        "Choose “Allow” in the browser’s question at the top of the window.",
    ],
    waitingForUser: [
        "Bevestig in het venster van het eID-programma. De code moet {code} zijn.",
        "Confirmez dans la fenêtre du programme eID. Le code doit être {code}.",
        "Bestätigen Sie im Fenster des eID-Programms. Der Code muss {code} sein.",
        "Confirm in the window of the eID program. The code must be {code}.",
    ],
    connected: ["Verbonden met het eID-programma.", "Connecté au programme eID.", "Mit dem eID-Programm verbunden.", "Connected to the eID program."],
    waitingForCard: ["Steek de kaart in de lezer.", "Insérez la carte dans le lecteur.", "Stecken Sie die Karte in den Kartenleser.", "Put the card into the reader."],
    waitingForConfirmation: [
        "Lees en bevestig in het venster van het eID-programma.",
        "Lisez et confirmez dans la fenêtre du programme eID.",
        "Lesen und bestätigen Sie im Fenster des eID-Programms.",
        "Read and confirm in the window of the eID program.",
    ],
    waitingForPin: [
        "Typ de pincode in het venster van het eID-programma of op de lezer.",
        "Introduisez le code PIN dans la fenêtre du programme eID ou sur le lecteur.",
        "Geben Sie die PIN im Fenster des eID-Programms oder am Kartenleser ein.",
        "Enter the PIN in the window of the eID program or on the reader.",
    ],
    working: ["Even geduld, de kaart werkt …", "Un instant, la carte travaille …", "Einen Augenblick, die Karte arbeitet …", "One moment, the card is working …"],
    reconnecting: [
        "De verbinding met het eID-programma is weg en wordt hersteld …",
        "La connexion avec le programme eID est coupée et se rétablit …",
        "Die Verbindung zum eID-Programm ist unterbrochen und wird wiederhergestellt …",
        "The connection to the eID program is gone and is being restored …",
    ],
});

/** @param {Language} language */
function column(language) {
    return /** @type {0 | 1 | 2 | 3} */ (LANGUAGES.indexOf(language));
}

/**
 * Returns the texts of a fault.
 * @param {keyof typeof CONNECTION_TEXTS} code
 * @param {Language} language
 */
export function textOf(code, language) {
    const [text, nextStep] = CONNECTION_TEXTS[code][column(language)];
    return { text, nextStep };
}

/**
 * Returns the text of a state.
 * @param {keyof typeof STATE_TEXTS} name
 * @param {Language} language
 * @param {string} [matchCode]
 */
export function stateText(name, language, matchCode = "") {
    return STATE_TEXTS[name][column(language)].replace("{code}", matchCode);
}

/**
 * Chooses the language: the one wished for, else the browser's, else English.
 * @param {string} [wish]
 * @returns {Language}
 */
export function chooseLanguage(wish = globalThis.navigator?.language) {
    const primary = wish?.slice(0, 2).toLowerCase();
    return LANGUAGES.find((language) => language === primary) ?? "en";
}
