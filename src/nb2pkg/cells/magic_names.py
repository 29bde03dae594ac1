"""The names of the magics that `magics` has rows for, apart from it: the linter asks for the names alone.

A test keeps both in step.
"""

from __future__ import annotations

LINE_MAGIC_NAMES = frozenset("""
    R Rget Rpull Rpush aimport alias autocall automagic autoreload autosave bigquery bookmark cat cd colors
    conda config connect_info cp cython debug dhist dirs doctest_mode ed edit env fortran gui hist history julia
    jupysql ll load load_ext loadpy logoff logon logstart logstate logstop lprun ls lsmagic macro magic mamba
    matlab matplotlib memit micromamba mkdir mprun mv notebook notebook_path octave pdb pdef pdoc pfile pinfo
    pinfo2 pip popd precision prun psearch psource pushd pwd pylab qtconsole quickref recall rehashx reload_ext
    rep rerun reset reset_selective rm rmdir run save set_env sql store sx system tensorboard tensorflow_version
    time timeit unalias unload_ext uv version_information watermark who who_ls whos xdel xmode
    """.split())
CELL_MAGIC_NAMES = frozenset("""
    HTML R SVG ai athena bash bigquery capture cmd cpp cu cython debug dot file fortran go hive html javascript
    js julia jupysql latex manim markdown matlab memit mermaid node octave perl postgres powershell presto prun
    pypy python python2 python3 redshift ruby rust scala script sh shell snowflake spark sparksql sql svg sx
    system td_hive td_presto time timeit trino writefile zsh
    """.split())
# What a one-line cell may call without `%`, as IPython's automagic does.
AUTOMAGIC = LINE_MAGIC_NAMES
