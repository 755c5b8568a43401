"""Alert rules tried on made-up timelines: unit tests of a rule file, and the vectors of the specification.

Pure: files are read by whoever calls, texts and documents come in, outcomes go out. The rules are applied by the same
`step` as in the service.
"""
