// A patient at the desk, over HTTPS, with .NET's own library alone (8 or newer): `dotnet run`.
//
// Reads the patient, has a therapeutic link signed, makes a consent, and ends both. The token is in the file that
// BEIDD_TOKEN_FILE names (`beidctl token create NAME --scope identity.full,proof.therlink,proof.consent`).
// Ends with 3 if the person refuses, with 5 after a wrong PIN, with 1 for anything else.

using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

const string Start = "Start it: systemctl --user start beidd, or beidd in another terminal.";
const string NoToken = """
    There is no token. Make one, and name its file in BEIDD_TOKEN_FILE:
      (umask 077; beidctl token create example --scope identity.full,proof.therlink,proof.consent > token)
      export BEIDD_TOKEN_FILE=$PWD/token
    """;

var runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR")
    ?? Missing("XDG_RUNTIME_DIR is not set: start this in the session of the user of beidd.");
var daemon = JsonNode.Parse(Read(Path.Combine(runtime, "beidd/https.json"), $"beidd does not run for this user. {Start}"))!;
var token = Read(Environment.GetEnvironmentVariable("BEIDD_TOKEN_FILE") ?? Missing(NoToken), NoToken).Trim();
// The daemon has a certificate authority of its own, for this computer alone.
var authority = X509Certificate2.CreateFromPem(
    Read((string)daemon["caCertificate"]!, $"The certificate of beidd is missing. {Start}"));

using var handler = new HttpClientHandler();
handler.ServerCertificateCustomValidationCallback = (_, certificate, chain, errors) =>
{
    // The name must be right; the chain is judged anew, up to this authority and no other.
    if (certificate is null || chain is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
    {
        return false;
    }
    chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
    chain.ChainPolicy.CustomTrustStore.Add(authority);
    chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
    return chain.Build(certificate);
};
using var client = new HttpClient(handler)
{
    BaseAddress = new Uri($"https://localhost:{daemon["port"]}/v1/"),
    // A person reads, thinks and types: that takes longer than a computer.
    Timeout = TimeSpan.FromSeconds(180),
};
client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
client.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en");

// Reads a file that must be there, or ends with what to do if it is not.
static string Read(string file, string otherwise)
{
    try
    {
        return File.ReadAllText(file);
    }
    catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
    {
        return Missing($"Cannot read {file}. {otherwise}");
    }
}

// Says what is missing and what to do, and ends.
static string Missing(string sentence)
{
    Console.Error.WriteLine(sentence);
    Environment.Exit(1);
    return "";
}

async Task<JsonNode> Call(HttpMethod method, string path, JsonObject? members = null)
{
    using var request = new HttpRequestMessage(method, path);
    if (members is not null)
    {
        request.Content = JsonContent.Create(members);
    }
    using var answer = await client.SendAsync(request);
    var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    return answer.IsSuccessStatusCode ? body : throw new Refused(body);
}

async Task Visit()
{
    var patient = await Call(HttpMethod.Get, "cards/current/identity?fields=familyName,birthDate");
    Console.WriteLine($"patient: {patient["familyName"]} {patient["birthDate"]} {patient["authenticity"]!["outcome"]}");
    // From here on, this card or none: if it is changed, calls are refused (`card-removed`).
    var card = (string)patient["cardId"]!;
    var link = await Call(HttpMethod.Post, "therapeutic-links", new JsonObject
    {
        ["cardId"] = card, ["operation"] = "put", ["type"] = "gpconsultation", ["proof"] = "eidsigning",
    });
    Console.WriteLine($"link: {link["proof"]!["type"]}");
    var consent = await Call(HttpMethod.Post, "consents", new JsonObject { ["cardId"] = card, ["operation"] = "put" });
    Console.WriteLine($"consent: {(((string)consent["xml"]!).Contains("PutPatientConsentRequest") ? "made" : "?")}");
    // `xml` goes into the body of your SOAP messages. The platform finds what to end by what was registered.
    var ended = await Call(HttpMethod.Post, "therapeutic-links", new JsonObject
    {
        ["cardId"] = card, ["operation"] = "revoke", ["type"] = "gpconsultation", ["proof"] = "eidreading",
        ["startDate"] = (string)link["period"]!["start"]!, ["endDate"] = (string)link["period"]!["end"]!,
    });
    var withdrawn = await Call(HttpMethod.Post, "consents", new JsonObject { ["cardId"] = card, ["operation"] = "revoke" });
    var both = ((string)ended["xml"]!).Contains("Revoke") && ((string)withdrawn["xml"]!).Contains("Revoke");
    Console.WriteLine($"revoked: {(both ? "both" : "?")}");
}

try
{
    await Visit();
    return 0;
}
catch (Refused refused)
{
    switch ((string)refused.Problem["code"]!)
    {
        case "pin-incorrect":
            Console.WriteLine($"wrong PIN, tries left: {refused.Problem["triesLeft"]}");
            return 5;
        case "user-declined" or "user-timeout":
            Console.WriteLine("refused, nothing is signed");
            return 3;
        default:
            Console.Error.WriteLine($"{refused.Message} [{refused.Problem["code"]}]");
            return 1;
    }
}
catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
{
    // HttpClient reports a time-out as a task that was cancelled.
    Console.Error.WriteLine($"beidd does not answer on port {daemon["port"]} ({fault.Message}). {Start}");
    return 1;
}

/// <summary>The daemon refused a call; the problem is its answer (RFC 9457).</summary>
class Refused(JsonNode problem) : Exception((string)problem["detail"]!)
{
    public JsonNode Problem { get; } = problem;
}
