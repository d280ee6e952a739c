"""Is this file safe? A verdict that says what each function in it computes.

    report = audit("model.keras")
    report.verdict                      # pure, needs names, by name, not allowed, not understood
    for finding in report.findings:
        print(finding.path, finding.verdict.text, finding.source)

Files are read as data: nothing is executed and no deep-learning framework is imported.
"""

from lamina.auditing.scan import audit as audit
from lamina.auditing.verdicts import Finding as Finding
from lamina.auditing.verdicts import Report as Report
from lamina.auditing.verdicts import Verdict as Verdict
