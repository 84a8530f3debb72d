"""The API: every declared record type as lists, records and steps under ``/api/v1/`` (AS-5.1.1; acceptance 1–4, 26, 29, 58, 59).

``resources/`` says what each type shows; ``declare.py`` is the vocabulary; the rest turns declarations into answers.
A new procedure appears here by being declared, as it does on the screens.
"""
