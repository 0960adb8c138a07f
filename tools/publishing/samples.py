"""Code samples that send a request, to be run with the variables ``BASE_URL`` and ``API_KEY``."""

import json
from collections.abc import Mapping, Sequence


def all_samples(method: str, path: str, headers: Mapping[str, str], body: str) -> Sequence[Mapping[str, str]]:
    """Return the same request for curl, Python and C#, in the form of OpenAPI's extension ``x-codeSamples``."""
    return [
        {"lang": "Shell", "label": "curl", "source": _curl(method, path, headers, body)},
        {"lang": "Python", "label": "Python", "source": _python(method, path, headers, body)},
        {"lang": "C#", "label": "C#", "source": _csharp(method, path, headers, body)},
    ]


def _curl(method: str, path: str, headers: Mapping[str, str], body: str) -> str:
    lines = [f'curl -i "$BASE_URL{path.replace("$", chr(92) + "$")}"']
    if method not in ("get", "post"):
        lines[0] += f" -X {method.upper()}"
    lines.append('-H "Authorization: Bearer $API_KEY"')
    lines += [f"-H '{name}: {value}'" for name, value in headers.items()]
    if body:
        quoted = body.replace("'", "'\\''")
        lines.append(f"--data-binary '{quoted}'")
    return " \\\n  ".join(lines)


def _python(method: str, path: str, headers: Mapping[str, str], body: str) -> str:
    sent = ['        "Authorization": f"Bearer {os.environ[\'API_KEY\']}",']
    sent += [f"        {json.dumps(name)}: {json.dumps(value)}," for name, value in headers.items()]
    data = [f'    data=r"""{body}""".encode(),'] if body else []
    address = path.replace("{", "{{").replace("}", "}}")
    return "\n".join(
        [
            "import os, urllib.request",
            "",
            "request = urllib.request.Request(",
            f"    f\"{{os.environ['BASE_URL']}}{address}\",",
            f'    method="{method.upper()}",',
            *data,
            "    headers={",
            *sent,
            "    },",
            ")",
            "with urllib.request.urlopen(request) as answer:",
            "    print(answer.status, answer.read().decode())",
        ]
    )


def _csharp(method: str, path: str, headers: Mapping[str, str], body: str) -> str:
    headers = dict(headers)
    content_type = headers.pop("Content-Type", "")
    known = {"get": "HttpMethod.Get", "post": "HttpMethod.Post", "put": "HttpMethod.Put"}
    lines = [
        "using System.Text;",
        "",
        "using var client = new HttpClient();",
        "var request = new HttpRequestMessage(",
        f"    {known.get(method, f'new HttpMethod({json.dumps(method.upper())})')},",
        f'    Environment.GetEnvironmentVariable("BASE_URL") + {json.dumps(path)});',
        'request.Headers.Add("Authorization", "Bearer " + Environment.GetEnvironmentVariable("API_KEY"));',
    ]
    lines += [
        f"request.Headers.TryAddWithoutValidation({json.dumps(name)}, {json.dumps(value)});"
        for name, value in headers.items()
    ]
    if body:
        quoted = body.replace('"', '""')
        lines.append(f'request.Content = new StringContent(@"{quoted}", Encoding.UTF8, "{content_type}");')
    lines += [
        "var response = await client.SendAsync(request);",
        'Console.WriteLine($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");',
    ]
    return "\n".join(lines)
