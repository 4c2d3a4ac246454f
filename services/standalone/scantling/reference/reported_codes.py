"""The codes that are no error's of their own: outcomes, their errors and returned scans carry them.

They are made where something is reported, by value and not by a class, so that no walk of the
error tree finds them. ``tests/house/test_statuses.py`` holds this list against the code.
"""

from __future__ import annotations

from typing import Final

REPORTED: Final = {
    "advisories-missing": "No advisories are loaded that speak of the image, or of some packages.",
    "advisories_damaged": "The build of the advisories had to leave out what it could not read.",
    "advisories_older": "An analyzer has older advisories than a job asks for: it waits.",
    "advisories_sample": "Only the sample advisories are loaded: what else is known was not asked.",
    "analyzer_failed": "An analyzer could not handle the image: a defect of ours.",
    "base_file_missing": "A database of packages lacks a file that it builds on.",
    "behind_link": "What only a link calls a database, a program or an archive is not read.",
    "cost_too_high": "A hash asks for more time or memory than one try of a password may take.",
    "dangling_link": "An entry of a layer is a hard link to nothing.",
    "deadline": "A file or a layer took too long to read.",
    "distribution_unsupported": "Nobody can read the packages of this distribution.",
    "end_of_life": "The distribution is past its end of life: nothing new is said of it.",
    "engine_failed": "An engine for malware could not look at a file, and says why.",
    "entry_not_addressable": "An entry of a layer has a name that is no path.",
    "entry_too_large": "An entry of the report is too large for it.",
    "fact_key_missing": "An analyzer was given no key for what is sealed in facts.",
    "feed_reader_failed": "A document made a reader of feeds fail: a defect of ours.",
    "foreign_layer": "A layer is only to be had from another server, which is not contacted.",
    "image_missing": "The record of the image is not there yet.",
    "image_or_settings_missing": "A record that the scan needs is not there yet.",
    "interrupted": "The extractor stopped; another one goes on.",
    "left_out": "Something was left out; the errors of the outcome list it.",
    "list_cut": "A list of the report is too long for it.",
    "malformed": "A file, or a part of it, is damaged.",
    "names_no_package": "A record of a feed names no package.",
    "negated": "A record of a feed holds where something is not there, which can't be told.",
    "nested_too_deep": "What is nested deeper than the limit was not read.",
    "no_statement": "A record of a feed says nothing of any package that can be used.",
    "no_versions": "A record of a feed names a package without any versions.",
    "no_vulnerability": "A record of a feed is an update that mends no vulnerability.",
    "not_judged": "No feed speaks of some packages, or their versions are not known.",
    "not_text": "A text file holds what is no text.",
    "not_tried": "The budget or the time for the passwords of an image was over.",
    "other_platform": "A record of a feed is about other systems than Linux only.",
    "out_of_memory": "It took more memory than a worker may use.",
    "outcome_too_large": "The outcome could not be stored.",
    "outcome_unreadable": "The outcome could not be read again.",
    "paused": "The tasks that want the scan are paused.",
    "range_git": "A record of a feed names commits only, no versions.",
    "reader_crashed": "The process that read a layer died three times.",
    "reader_failed": "A file made a reader fail: a defect of ours.",
    "rejected": "An event was malformed: a defect of ours.",
    "requests_limited": "There are too many requests; it is taken later.",
    "scheme_unsupported": "A hash is of a scheme that is not known, or not in the library here.",
    "subject_mismatch": "A published document is listed as being about the image, and is not.",
    "too_large": "A file, a record or a value is over its limit.",
    "too_many": "There are more records, entries or errors than the limit.",
    "truncated": "A file ends too early.",
    "unfinished_transaction": "A database of packages was being written.",
    "unknown_publisher": "A document of a feed is of a publisher whose form is not known.",
    "unknown_stream": "A record of a feed is about a distribution or a release that is not known.",
    "unsupported_format": "A file is of a form that is not known.",
    "version_invalid": "A package's version can't be compared with what advisories or a list say, "
    "or no version with a bound of an advisory.",
    "visibility_missing": "What was stored of the layers is gone.",
}
"""Code and meaning. One that is an error's, too, has the meanings of both."""
